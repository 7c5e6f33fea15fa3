"""Weights from a file into a network: every variable is accounted for before any is assigned."""

import logging
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.family import Family, Source
from bert4ner.models.pretrained.stores import Store

logger = logging.getLogger(__name__)

_SHOWN = 5  # variables named by a warning
_OF_TOKENS = {"Embedding-Token": 0, "MLM-Bias": 0, "Decoder-Output-LM": -1}
"""Layers with a row for each token of the vocabulary, and the axis of these rows."""


class Weights:
    """The weights of a family's network in a store.

    Raises:
        CheckpointError: the store is of another kind of model.
    """

    def __init__(self, store: Store, family: Family[Any], config: EncoderConfig) -> None:
        layout = family.layout(store.shapes)
        if layout is None:
            some = ", ".join(sorted(store.shapes)[:3]) or "none"
            raise CheckpointError(
                f"{store.where}: expected the weights of {family.name}, found variables such as {some}"
            )
        self.store, self.family, self.layout = store, family, layout
        self.sources = layout.sources(config)
        self.num_tokens = config.vocab_size
        self.held = {layout.canonical(name): name for name in store.shapes}

    def shape(self, layer: str) -> tuple[int, ...] | None:
        """Shape in the store of a layer's first weight; None if it is not there."""
        name = self.held.get(self.sources[layer][0].names[0])
        return None if name is None else self.store.shapes[name]

    def has(self, layer: str) -> bool:
        """Whether all weights of a layer are there."""
        sources = self.sources.get(layer, [])
        return bool(sources) and all(name in self.held for source in sources for name in source.names)

    def misfits(self, wanted: Mapping[str, list[tuple[int, ...]]]) -> list[str]:
        """What is missing or of another shape, for the shapes of the weights of each layer, one phrase each."""
        found = []
        for layer, shapes in wanted.items():
            for source, shape in zip(self.sources.get(layer, []), shapes, strict=True):
                found += self._misfits(source, shape)
        return list(dict.fromkeys(found))

    def _misfits(self, source: Source, shape: tuple[int, ...]) -> list[str]:
        missing = [f"{name} is missing" for name in source.names if name not in self.held]
        if missing:
            return missing
        held = [self.store.shapes[self.held[name]] for name in source.names]
        if _result_shape(source, held) == shape:
            return []
        if source.write is None:
            return [f"{', '.join(source.names)} with shape {held} makes no weight of shape {shape}"]
        expected = [array.shape for array in source.write(_phantom(shape))]
        return [
            f"{self.held[name]} has shape {has}, expected {wants}"
            for name, has, wants in zip(source.names, held, expected, strict=True)
            if has != wants
        ]

    def unexpected(self) -> list[str]:
        """Variables that belong to no part of the family's models, and are not known to be left over from training."""
        known = {name for sources in self.sources.values() for source in sources for name in source.names}
        unneeded = re.compile("|".join(self.layout.unneeded) or "(?!)")
        return [raw for name, raw in self.held.items() if name not in known and not unneeded.fullmatch(name)]

    def read(self, source: Source) -> np.ndarray:
        """The weight of a source."""
        return source.read(*[self.store.read(self.held[name]) for name in source.names])


def load_weights(transformer: Any, weights: Weights, *, fresh: Collection[str] = ()) -> None:
    """Assign all weights of bert4keras' transformer, and warn of variables that belong nowhere.

    Its options `keep_tokens` and `compound_tokens` choose rows of what there is for each token.

    Args:
        transformer: bert4keras' object.
        weights: what the file holds.
        fresh: names of layers that keep the values that they have.

    Raises:
        CheckpointError: as `check_fit`; or the data ends.
        ConfigError: a token is asked for that the vocabulary does not have.
    """
    named = check_fit(weights, transformer, fresh=fresh)
    unexpected = sorted(weights.unexpected())
    if unexpected:
        more = f" and {len(unexpected) - _SHOWN} more" if len(unexpected) > _SHOWN else ""
        logger.warning(
            "%s: %d variables belong to no known part of %s and are left out: %s%s",
            weights.store.where,
            len(unexpected),
            weights.family.name,
            ", ".join(unexpected[:_SHOWN]),
            more,
        )
    for name, variables in named.items():
        values = [weights.read(source) for source in weights.sources[name]]  # the layer whole, or not at all
        for variable, value in zip(variables, values, strict=True):
            variable.assign(_chosen(transformer, name, np.asarray(value, "float32")))


def check_fit(weights: Weights, transformer: Any, *, fresh: Collection[str] = ()) -> dict[str, list[Any]]:
    """The trainable weights of each layer of bert4keras' transformer but the fresh, once the file has all of them.

    Raises:
        CheckpointError: one message naming every variable that is missing, of another shape or, beside such, unknown.
    """
    named = {name: variables for name, variables in trainable(transformer).items() if name not in fresh}
    wanted = {
        name: [_stored_shape(tuple(weight.shape), name, transformer, weights.num_tokens) for weight in variables]
        for name, variables in named.items()
    }
    wrong = weights.misfits(wanted)
    if wrong:
        wrong += [f"{name} is unexpected" for name in sorted(weights.unexpected())]
        raise CheckpointError(f"{weights.store.where}: does not fit its configuration: {'; '.join(wrong)}")
    return named


def trainable(transformer: Any) -> dict[str, list[Any]]:
    """The trainable weights of each layer of bert4keras' transformer, by the names that families have for layers."""
    return {
        name.removeprefix(transformer.prefix): layer.trainable_weights
        for name, layer in transformer.layers.items()
        if getattr(layer, "trainable_weights", None)  # its inputs are no layers
    }


def _chooses(transformer: Any, layer: str) -> bool:
    return layer in _OF_TOKENS and (transformer.keep_tokens is not None or transformer.compound_tokens is not None)


def _stored_shape(shape: tuple[int, ...], layer: str, transformer: Any, num_tokens: int) -> tuple[int, ...]:
    """The shape that the file must have where rows are chosen from it: one for each token."""
    if not _chooses(transformer, layer):
        return shape
    return (*shape[:-1], num_tokens) if _OF_TOKENS[layer] else (num_tokens, *shape[1:])


def _chosen(transformer: Any, layer: str, value: np.ndarray) -> np.ndarray:
    """Of a weight the rows of the tokens that are kept, and averages for compound ones."""
    if not _chooses(transformer, layer):
        return value
    axis = _OF_TOKENS[layer]
    rows = np.moveaxis(value, axis, 0)
    try:
        return np.moveaxis(transformer.load_embeddings(rows), 0, axis)
    except IndexError:
        raise ConfigError(
            f"keep_tokens or compound_tokens name a token that is not among the vocabulary's {len(rows)}"
        ) from None


def _phantom(shape: tuple[int, ...]) -> np.ndarray:
    """An array of a shape that takes no memory."""
    return np.broadcast_to(np.float32(0), shape)


def _result_shape(source: Source, shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    try:
        return source.read(*map(_phantom, shapes)).shape
    except (ValueError, IndexError):  # too few axes, or not divisible
        return None
