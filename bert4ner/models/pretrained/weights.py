"""The weights of a family's network in a file: where each is, and what is missing, strange or of another shape."""

import itertools
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.family import Family, Source
from bert4ner.models.pretrained.stores import Store, some

_BLOCK = re.compile(r"(?:Encoder-)?Transformer-\d+-")
_SMALL = 1_000_000  # numbers by which an estimate of an encoder's size may be wrong


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
        self.config, self.num_tokens = config, config.vocab_size
        self.held: dict[str, str] = {}
        for name in store.shapes:
            other = self.held.setdefault(layout.canonical(name), name)
            if other != name:
                raise CheckpointError(f"{store.where}: holds {other} and {name}, which are the same variable; keep one")

    def check(self) -> None:
        """Refuse what can be refused before a network is built.

        Raises:
            CheckpointError: a variable inside the encoder is not known, or the configuration's sizes are far from what
                the file holds.
        """
        inside, parts = re.compile(self.layout.inside, re.DOTALL), {_any_layer(name) for name in self._known()}
        strange = [
            self.held[name]
            for name in self._unknown()
            if inside.fullmatch(name) and _any_layer(name) not in parts  # further layers are left out, as is asked for
        ]
        if strange:
            raise CheckpointError(
                f"{self.store.where}: {some(strange)} {'is' if len(strange) == 1 else 'are'} inside the encoder, and "
                f"{self.family.name} has no such part; this is another network, or a changed one"
            )
        absent = self._absent_blocks()
        if absent:
            raise CheckpointError(f"{self.store.where}: does not fit its configuration: {some(absent)} are missing")
        said = self.config.num_weights(positions=self.family.positions, shared=self.family.shared)
        held = sum(math.prod(shape) for shape in self.store.shapes.values())
        if said > 2 * held + _SMALL:
            raise CheckpointError(
                f"{self.store.where}: holds {held} numbers, but the configuration describes about {said}; they are not "
                "from the same model"
            )

    def _absent_blocks(self) -> list[str]:
        """The variables of blocks that are missing altogether: a network of thousands of blocks takes long to build."""
        names: dict[str, list[str]] = {}
        for layer, sources in self.sources.items():
            block = _BLOCK.match(layer)
            if block:
                names.setdefault(block[0], []).extend(name for source in sources for name in source.names)
        absent = [each for each in names.values() if not any(name in self.held for name in each)]
        return [*dict.fromkeys(itertools.chain.from_iterable(absent))]

    def shape(self, layer: str) -> tuple[int, ...] | None:
        """Shape in the store of a layer's first weight; None if it is not there."""
        name = self.held.get(self.sources[layer][0].names[0])
        return None if name is None else self.store.shapes[name]

    def has(self, layer: str) -> bool:
        """Whether all weights of a layer are there."""
        sources = self.sources.get(layer, [])
        return bool(sources) and all(name in self.held for source in sources for name in source.names)

    def misfits(self, wanted: Mapping[str, list[tuple[int, ...]]]) -> tuple[list[str], list[str]]:
        """For the shapes of the weights of each layer: what is of another shape, a phrase each, and what is missing."""
        changed: dict[str, None] = {}
        missing: dict[str, None] = {}
        for layer, shapes in wanted.items():
            for source, shape in zip(self.sources.get(layer, []), shapes, strict=True):
                absent = [name for name in source.names if name not in self.held]
                missing.update(dict.fromkeys(absent))
                changed.update({} if absent else dict.fromkeys(self._changed(source, shape)))
        return [*changed], [*missing]

    def _changed(self, source: Source, shape: tuple[int, ...]) -> list[str]:
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
        return [self.held[name] for name in self._unknown()]

    def _known(self) -> set[str]:
        return {name for sources in self.sources.values() for source in sources for name in source.names}

    def _unknown(self) -> list[str]:
        known = self._known()
        unneeded = re.compile("|".join(self.layout.unneeded) or "(?!)")
        return [name for name in self.held if name not in known and not unneeded.fullmatch(name)]

    def read(self, source: Source) -> np.ndarray:
        """The weight of a source."""
        return source.read(*[self.store.read(self.held[name]) for name in source.names])


def _any_layer(name: str) -> str:
    """A variable's name without the numbers in it."""
    return re.sub(r"\d+", "#", name)


def _phantom(shape: tuple[int, ...]) -> np.ndarray:
    """An array of a shape that takes no memory."""
    return np.broadcast_to(np.float32(0), shape)


def _result_shape(source: Source, shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    try:
        return source.read(*map(_phantom, shapes)).shape
    except (ValueError, IndexError):  # too few axes, or not divisible
        return None
