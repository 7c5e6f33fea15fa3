"""The options of an encoder that all families share.

A subclass in a family's file adds the options that only this family has. Each family translates published
configurations into these options.
"""

import dataclasses
import reprlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any, TypeVar

from bert4ner.errors import CheckpointError, nearest, shown
from bert4ner.models.pretrained.kinds import ACTIVATION, COUNT, RATE, SIZE, SMALL, WORD, option

Own = TypeVar("Own", bound="EncoderConfig")
LARGEST = {
    "num_hidden_layers": 1_000,
    "num_attention_heads": 10_000,
    "hidden_size": 100_000,
    "embedding_size": 100_000,
    "intermediate_size": 1_000_000,
}
"""Upper bounds that no encoder exceeds; other integers may be up to 20 million."""
_LARGEST_OTHER = 20_000_000


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """The options of an encoder of any family, under the names in BERT's configuration.

    None means that the network's default applies. A subclass adds options of its family by `option`.

    Attributes:
        family: a name in `FAMILIES`.
        embedding_size: width of the token embeddings, if it differs from `hidden_size`.
        pad_id: the id of padding, if a folder's vocabulary or configuration says it; see `padding`.

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
    pad_id: int | None = option(COUNT, None)

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            value, kind = getattr(self, each.name), each.metadata.get("kind")
            unsaid = value is None and each.default is None
            if kind is not None and not unsaid and not kind.fits(value):
                raise CheckpointError(f"expected {each.name!r} to be {kind.called}, found {reprlib.repr(value)}")
            largest = LARGEST.get(each.name, _LARGEST_OTHER)
            if type(value) is int and value > largest:
                raise CheckpointError(f"expected {each.name!r} to be at most {largest}, found {reprlib.repr(value)}")
        self._check_heads()

    def _check_heads(self) -> None:
        if self.hidden_size % self.num_attention_heads:
            raise CheckpointError(
                f"hidden_size={self.hidden_size} is not a multiple of num_attention_heads={self.num_attention_heads}"
            )
        if self.rotary and self.hidden_size // self.num_attention_heads % 2:
            raise CheckpointError(
                f"hidden_size={self.hidden_size} with num_attention_heads={self.num_attention_heads}: rotary positions "
                "need heads of even width"
            )

    @property
    def padding(self) -> int | None:
        """The id of padding, which attention excludes; None if there is none, which only a few families allow."""
        return self.pad_id or 0

    def padded(self: Own, pad_id: int) -> Own:
        """This configuration with another padding id."""
        return self if pad_id == self.padding else dataclasses.replace(self, pad_id=pad_id)

    @property
    def rotary(self) -> bool:
        """Whether positions turn pairs of elements in each head."""
        return False

    @property
    def position_table(self) -> bool:
        """Whether there are position embeddings, in a family that may have them."""
        return True

    @property
    def num_positions(self) -> int:
        """The longest input that the position embeddings cover, in tokens."""
        return self.max_position_embeddings or 512

    @property
    def num_fixed_tokens(self) -> int:
        """Number of ids, from 0 on, that must stay the same because the network depends on them."""
        return 0

    def num_weights(self, *, positions: bool = True, shared: bool = False) -> int:
        """Approximate number of weights of an encoder of these sizes: tables and the matrices of its blocks.

        Args:
            positions: whether it has position embeddings.
            shared: whether all blocks share one set of weights.
        """
        positions = positions and self.position_table
        width, rows = self.hidden_size, self.vocab_size + ((positions and self.max_position_embeddings) or 0)
        block = 4 * width * width + 2 * width * self.intermediate_size
        return rows * (self.embedding_size or width) + block * (1 if shared else self.num_hidden_layers)

    @classmethod
    def from_dict(cls: type[Own], described: Mapping[str, Any], *, where: str) -> Own:
        """The configuration that `to_dict` wrote.

        Args:
            described: "family" and options; options with a default may be missing or None.
            where: the file, for messages.

        Raises:
            CheckpointError: naming `where` and the key that is missing, unknown or has an invalid value.
        """
        fields = {each.name: each for each in dataclasses.fields(cls)}
        for name in described:
            if name not in fields:
                raise CheckpointError(
                    f"{where}: {described.get('family')} has no option {shown(name)}{nearest(name, fields)}"
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
        """The content for model folders: the family and every option that is set."""
        return {"family": self.family, **self.options()}

    def options(self) -> dict[str, Any]:
        """Every option that is set, by name, as arguments for a network."""
        found = {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name != "family"}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class FreeHeadsConfig(EncoderConfig):
    """For families with an attention head size that is independent of the width."""

    attention_head_size: int | None = option(SIZE, None)

    def _check_heads(self) -> None:
        if self.attention_head_size is None:
            super()._check_heads()


ENCODER_KEYS = tuple(each.name for each in dataclasses.fields(EncoderConfig) if each.name != "family")
"""Keys of published configurations that determine encoders of all families."""


def known_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a published configuration that determines encoders of all families."""
    return {key: config[key] for key in ENCODER_KEYS if key in config}


def renamed_options(
    config: Mapping[str, Any], words: Mapping[str, str], defaults: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Options that a published configuration has under other names; files of our own have ours.

    Args:
        config: the configuration.
        words: the published name of each option.
        defaults: values of options that neither name gives; None for all others.

    Raises:
        CheckpointError: both names occur, with different values that would change states.
    """
    found = {}
    for key, word in words.items():
        values = [config[name] for name in (word, key) if config.get(name) is not None]
        if len(values) > 1 and values[0] != values[1] and not key.endswith("_prob"):
            raise CheckpointError(
                f"{word}={reprlib.repr(values[0])} and {key}={reprlib.repr(values[1])}: expected one value; take the "
                "configuration that came with the weights"
            )
        found[key] = values[0] if values else (defaults or {}).get(key)
    return found
