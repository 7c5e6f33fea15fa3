"""Weights from a file into a network: every variable is accounted for before any is assigned."""

import logging
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from bert4ner.backend.tensors import tensor_of
from bert4ner.backend.unfilled import unfilled_variables
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.pretrained.family import Source
from bert4ner.models.pretrained.stores import some
from bert4ner.models.pretrained.weights import Weights
from bert4ner.networks.building import build_transformer

logger = logging.getLogger(__name__)

_SHOWN = 4  # variables of another shape that a message names
_BUILT = re.compile(r"Transformer-|Embedding-(?!Segment)")
"""Layers that a network must have if the file has them; it may be built without segments on purpose."""
ROWS_OF_TOKENS = {"Embedding-Token": 0, "MLM-Bias": 0, "Decoder-Output-LM": -1}
"""Layers with a row for each token of the vocabulary, and the axis of these rows."""


def build_loaded(
    network: str | type[Any], options: Mapping[str, Any], weights: Weights, *, fresh: Collection[str] = (), **more: Any
) -> Any:
    """bert4keras' transformer with the weights of a file; it takes no memory before names and shapes agree.

    Args:
        network: as `build_transformer` takes it, as `options` and `more`.
        options: of the network's configuration.
        weights: what the file holds.
        fresh: names of layers that begin at random.
        **more: further keyword arguments of bert4keras' class.

    Raises:
        CheckpointError, ConfigError: as `load_weights`.
    """
    with unfilled_variables() as unfilled:
        transformer = build_transformer(network, options, **more)
    load_weights(transformer, weights, fresh=fresh)
    unfilled.fill()
    return transformer


def load_weights(transformer: Any, weights: Weights, *, fresh: Collection[str] = ()) -> None:
    """Assign all weights of bert4keras' transformer, and warn of variables that belong nowhere.

    Its options `keep_tokens` and `compound_tokens` choose rows of what there is for each token.

    Args:
        transformer: bert4keras' object.
        weights: what the file holds.
        fresh: names of layers that keep the values that they have.

    Raises:
        CheckpointError: as `check_fit`; the data ends; or a weight is of whole numbers, or holds NaN or infinity.
        ConfigError: a token is asked for that the vocabulary does not have.
    """
    named = check_fit(weights, transformer, fresh=fresh)
    unexpected = sorted(weights.unexpected())
    if unexpected:
        logger.warning(
            "%s: %d variables belong to no known part of %s and are left out: %s",
            weights.store.where,
            len(unexpected),
            weights.family.name,
            some(unexpected),
        )
    for name, variables in named.items():
        values = [_usable(weights, source) for source in weights.sources[name]]  # the layer whole, or not at all
        for variable, value in zip(variables, values, strict=True):
            variable.assign(tensor_of(_chosen(transformer, name, np.asarray(value, "float32"))))


def _usable(weights: Weights, source: Source) -> np.ndarray:
    """The weight of a source, if a network can compute with it."""
    value, names = weights.read(source), some([weights.held[name] for name in source.names])
    if value.dtype.kind != "f":
        raise CheckpointError(
            f"{weights.store.where}: {names} holds numbers of the type {value.dtype}, expected floating-point ones; "
            "quantised weights are not read, take the model with 16 or 32 bits"
        )
    if value.size and not np.isfinite([value.min(), value.max()]).all():
        raise CheckpointError(
            f"{weights.store.where}: {names} holds NaN or an infinite number; no network can use it, take an undamaged "
            "copy"
        )
    return value


def check_fit(weights: Weights, transformer: Any, *, fresh: Collection[str] = ()) -> dict[str, list[Any]]:
    """The trainable weights of each layer of bert4keras' transformer but the fresh, once the file has all of them.

    Raises:
        CheckpointError: as `Weights.check`; the family's files never have a layer of the network; or one message naming
            some variables that are of another shape, missing or, beside such, unknown, and how many more.
    """
    weights.check()
    unbuilt = [layer for layer in weights.sources if _BUILT.match(layer) and layer not in trainable(transformer)]
    left = [source.names[0] for layer in unbuilt if weights.has(layer) for source in weights.sources[layer]]
    if left:
        raise CheckpointError(
            f"{weights.store.where}: {some(left)} {'has' if len(left) == 1 else 'have'} no place in the encoder that "
            "the configuration describes; they are not from the same model"
        )
    named = {name: variables for name, variables in trainable(transformer).items() if name not in fresh}
    wanted = {
        name: [_stored_shape(tuple(weight.shape), name, transformer, weights.num_tokens) for weight in variables]
        for name, variables in named.items()
    }
    foreign = [layer for layer, shapes in wanted.items() if len(weights.sources.get(layer, ())) != len(shapes)]
    if foreign:
        raise CheckpointError(
            f"{weights.store.where}: {weights.family.name} has no {some(foreign)}, which the configuration describes; "
            "they are not from the same model"
        )
    changed, missing = weights.misfits(wanted)
    if changed or missing:
        unknown = sorted(weights.unexpected())
        wrong = [
            *changed[:_SHOWN],
            *([f"{len(changed) - _SHOWN} more have other shapes"] if len(changed) > _SHOWN else []),
            *([f"{some(missing)} {'is' if len(missing) == 1 else 'are'} missing"] if missing else []),
            *([f"{some(unknown)} {'is' if len(unknown) == 1 else 'are'} unexpected"] if unknown else []),
        ]
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
    return layer in ROWS_OF_TOKENS and (transformer.keep_tokens is not None or transformer.compound_tokens is not None)


def _stored_shape(shape: tuple[int, ...], layer: str, transformer: Any, num_tokens: int) -> tuple[int, ...]:
    """The shape that the file must have where rows are chosen from it: one for each token."""
    if not _chooses(transformer, layer):
        return shape
    return (*shape[:-1], num_tokens) if ROWS_OF_TOKENS[layer] else (num_tokens, *shape[1:])


def _chosen(transformer: Any, layer: str, value: np.ndarray) -> np.ndarray:
    """Of a weight the rows of the tokens that are kept, and averages for compound ones."""
    if not _chooses(transformer, layer):
        return value
    axis = ROWS_OF_TOKENS[layer]
    try:
        if transformer.compound_tokens is None:
            chosen: np.ndarray = np.take(value, transformer.keep_tokens, axis)  # bert4keras would copy all first
            return chosen
        averaged: np.ndarray = transformer.load_embeddings(np.moveaxis(value, axis, 0))  # in float64
        return np.moveaxis(averaged, 0, axis).astype(value.dtype)
    except IndexError:
        raise ConfigError(
            f"keep_tokens or compound_tokens name a token that is not among the vocabulary's {value.shape[axis]}"
        ) from None
