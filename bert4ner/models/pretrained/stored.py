"""The weights of layers as a layout stores them, each made when it is asked for: a model need not be held twice."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.family import Source, Sources


@dataclass
class _Place:
    """The weights that one stored array holds: layer, number and source of each, and which of its arrays this is."""

    source: Source
    part: int
    weights: list[tuple[str, int]] = field(default_factory=list)


class Stored(Mapping[str, np.ndarray]):
    """Stored arrays by their names in the file.

    Args:
        weight: gives a layer's weight of a number.
        sources: how a layout stores the layers that there are.
        where: whence they are, for messages.

    Raises:
        CheckpointError: several weights are stored as one, in a way that they are not written.
    """

    def __init__(self, weight: Callable[[str, int], np.ndarray], sources: Sources, *, where: str) -> None:
        self._weight = weight
        self._places: dict[str, _Place] = {}
        for layer, each in sources.items():
            for number, source in enumerate(each):
                if source.join is None and source.write is None:
                    raise CheckpointError(f"{where}: {source.names[0]} holds several weights; not converted")
                for part, name in enumerate(source.names):
                    self._places.setdefault(name, _Place(source, part)).weights.append((layer, number))

    def __getitem__(self, name: str) -> np.ndarray:
        place = self._places[name]
        values = [self._weight(*each) for each in place.weights]
        if place.source.join is not None:
            return np.ascontiguousarray(place.source.join(values))
        assert place.source.write is not None
        return np.ascontiguousarray(place.source.write(values[-1])[place.part])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
