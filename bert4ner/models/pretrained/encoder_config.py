"""What decides an encoder: the options that all families share.

Those that only one family has stand in a subclass, in that family's file. How a published configuration becomes one of
these is the family's to say.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any, TypeVar

from bert4ner.errors import CheckpointError, nearest
from bert4ner.models.pretrained.kinds import ACTIVATION, RATE, SIZE, SMALL, WORD, option

Own = TypeVar("Own", bound="EncoderConfig")


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """The options that decide an encoder of any family, under the names that BERT's configuration has for them.

    None says nothing: the network has a default for it. A subclass adds what only its family has, by `option`.

    Attributes:
        family: a name in `FAMILIES`.
        embedding_size: width of the token embeddings, where it is not `hidden_size`.

    Raises:
        CheckpointError: an option has a value that no encoder can have; the message names both.
    """

    family: str = option(WORD)
    vocab_size: int = option(SIZE)
    hidden_size: int = option(SIZE)
    num_hidden_layers: int = option(SIZE)
    num_attention_heads: int = option(SIZE)
    intermediate_size: int = option(SIZE)
    hidden_act: str = option(ACTIVATION)
    max_position_embeddings: int | None = option(SIZE, None)
    type_vocab_size: int | None = option(SIZE, None)
    embedding_size: int | None = option(SIZE, None)
    hidden_dropout_prob: float | None = option(RATE, None)
    attention_probs_dropout_prob: float | None = option(RATE, None)
    layer_norm_eps: float | None = option(SMALL, None)

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            value, kind = getattr(self, each.name), each.metadata.get("kind")
            unsaid = value is None and each.default is None
            if kind is not None and not unsaid and not kind.fits(value):
                raise CheckpointError(f"expected {each.name!r} to be {kind.called}, found {value!r}")
        self._check_heads()

    def _check_heads(self) -> None:
        if self.hidden_size % self.num_attention_heads:
            raise CheckpointError(
                f"hidden_size={self.hidden_size} is not a multiple of num_attention_heads={self.num_attention_heads}"
            )

    @classmethod
    def from_dict(cls: type[Own], described: Mapping[str, Any], *, where: str) -> Own:
        """The configuration that `to_dict` wrote.

        Args:
            described: "family" and options; those with a default may be missing, or None, which says nothing.
            where: the file, for messages.

        Raises:
            CheckpointError: naming `where` and the key that is missing, unknown or has a value that it cannot have.
        """
        fields = {each.name: each for each in dataclasses.fields(cls)}
        for name in described:
            if name not in fields:
                raise CheckpointError(
                    f"{where}: {described.get('family')} has no option {name!r}{nearest(name, fields)}"
                )
        for name, each in fields.items():
            if name not in described and each.default is MISSING:
                raise CheckpointError(f"{where}: expected {name!r} to be {each.metadata['kind'].called}, it is missing")
        said = {
            name: value for name, value in described.items() if value is not None or fields[name].default is MISSING
        }
        try:
            return cls(**said)
        except CheckpointError as error:
            raise CheckpointError(f"{where}: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        """What model folders hold: the family and every option that says something."""
        return {"family": self.family, **self.options()}

    def options(self) -> dict[str, Any]:
        """Every option that says something, by name: what a network is built from."""
        found = {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name != "family"}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class FreeHeadsConfig(EncoderConfig):
    """Of a family whose heads need not divide the width: they may have a size of their own."""

    attention_head_size: int | None = option(SIZE, None)

    def _check_heads(self) -> None:
        if self.attention_head_size is None:
            super()._check_heads()


ENCODER_KEYS = tuple(each.name for each in dataclasses.fields(EncoderConfig) if each.name != "family")
"""What of a published configuration decides an encoder of any family; files hold much else."""


def known_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a published configuration decides an encoder of any family."""
    return {key: config[key] for key in ENCODER_KEYS if key in config}
