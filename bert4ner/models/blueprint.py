"""The specification of a network: configuration, labels, encoder and vocabulary, without weights and layers."""

from collections.abc import Iterable
from dataclasses import dataclass

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Blueprint:
    """Everything that determines a network.

    Attributes:
        labels: sorted, without repeats.
        encoder_config: family and options of the encoder.
        vocabulary: of the encoder.
    """

    config: Config
    labels: tuple[str, ...]
    encoder_config: EncoderConfig
    vocabulary: Vocabulary

    @classmethod
    def of(
        cls, config: Config, labels: Iterable[str], encoder_config: EncoderConfig, vocabulary: Vocabulary
    ) -> "Blueprint":
        """From labels in any order.

        Raises:
            ConfigError: there is no label.
        """
        if not (different := tuple(sorted(set(labels)))):
            raise ConfigError(
                "no labels: the documents contain no entity; check the format and that the annotations are there"
            )
        return cls(config, different, encoder_config, vocabulary)
