"""The lexicon of a network: opened by its configuration, and the layer that adds its features to the network."""

from collections.abc import Sequence
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.config import Config
from bert4ner.data.word_lists import read_word_list
from bert4ner.errors import ConfigError
from bert4ner.network_options import NO_WORDS
from bert4ner.text.lexicon import Lexicon

_ENTITIES, _WORDS = "train", "jieba"


def open_lexicon(config: Config, labels: Sequence[str]) -> Lexicon | None:
    """The lexicon that a configuration names, with an empty gazetteer; None if it names none.

    Raises:
        ConfigError: a part is empty, named twice, or means all or nothing; or two files have the same name.
        DataError: see `read_word_list`.
    """
    parts = config.words.parts
    if not parts:
        return None
    lists: dict[str, list[str]] = {}
    for number, part in enumerate(parts):
        if mistake := _mistake(part, parts[:number]):
            raise ConfigError(f"lexicon={config.words.lexicon!r}: {part!r} {mistake}")
        if part not in (_ENTITIES, _WORDS):
            found = read_word_list(part)
            if taken := sorted(found.keys() & lists.keys()):
                raise ConfigError(f"lexicon={config.words.lexicon!r}: two files have the name {taken[0]}; rename one")
            lists.update(found)
    return Lexicon(labels, lists, entities=_ENTITIES in parts, words=_WORDS in parts)


def _mistake(part: str, before: Sequence[str]) -> str:
    """What is wrong with a part of the option `lexicon`; empty if nothing is."""
    if not part:
        return "is no name"
    if part in NO_WORDS:
        return "stands alone"
    return "is named twice" if part in before else ""


class LexiconFeatures(keras.layers.Layer):
    """Adds lexicon features ``(batch, length, features)`` to vectors ``(batch, length, width)`` by two dense layers.

    Args:
        units: width of the first layer.
    """

    def __init__(self, units: int = 128, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates both layers."""
        vectors, said = input_shape
        self.first = keras.layers.Dense(self.units, "gelu", name="first", dtype=self.dtype_policy)
        self.second = keras.layers.Dense(vectors[-1], name="second", dtype=self.dtype_policy)
        for layer, width in ((self.first, said[-1]), (self.second, self.units)):
            with keras.backend.name_scope(layer.name):  # otherwise the variables of both have the same names
                layer.build((None, None, width))
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Vectors (batch, length, width)."""
        vectors, said = inputs
        return vectors + self.second(self.first(said))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the vectors."""
        return None if mask is None else mask[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the vectors."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "units": self.units}
