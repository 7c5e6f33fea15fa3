"""The probability that a member gives to any span, whichever member found it, for comparing different heads.

Members that share vocabulary and windows share one encoding of each text; each text runs once through every model.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bert4ner.combine.rescoring import propose
from bert4ner.entities import Document, Entity
from bert4ner.models.ensemble import Batch, Ensemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import stitch_documents
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.text.alignment import entity_span
from bert4ner.text.encoded import Encoded
from bert4ner.text.gazetteer import Gazetteer
from bert4ner.text.token_spans import TokenSpan
from bert4ner.text.windows import Window

HELD_CELLS = 2**26
"""Number of output values to keep in memory (256 MiB); above that, models run again."""


def encode_shared(members: Sequence[NamedEntityRecognizer], documents: Sequence[Document]) -> list[Encoded]:
    """The encoded documents for each member, without entities; members with equal encodings share one object."""
    encoded: list[Encoded] = []
    for number, member in enumerate(members):
        model = member.models[0]
        shared = next((first for first in range(number) if _same_input(members[first].models[0], model)), None)
        encoded.append(member.ensemble.encode(documents) if shared is None else encoded[shared])
    return encoded


def _same_input(one: NERModel, other: NERModel) -> bool:
    kind = one.config.windows.tokens
    return one.windows == other.windows and one.vocabulary.identity(kind) == other.vocabulary.identity(kind)


class HeldOutputs:
    """The outputs of models for encoded windows, to iterate over repeatedly: kept if small, else computed again.

    Args:
        windows: indices of the windows to run; default: all.
        most_cells: number of values to keep; default: `HELD_CELLS`.
    """

    def __init__(
        self,
        ensemble: Ensemble,
        encoded: Encoded,
        *,
        windows: Sequence[int] | None = None,
        batch_tokens: int = 8192,
        most_cells: int | None = None,
    ):
        self._ensemble, self._encoded, self._batch_tokens = ensemble, encoded, batch_tokens
        self._windows = range(len(encoded)) if windows is None else windows
        cells = sum(map(ensemble.models[0].cells, encoded.lengths[list(self._windows)].tolist()))
        fits = len(ensemble.models) * cells <= (held_cells() if most_cells is None else most_cells)
        self._held = list(self._run(self._windows)) if fits else None

    def _run(self, windows: Sequence[int]) -> Iterator[Batch]:
        return self._ensemble.run(self._encoded, windows=windows, batch_tokens=self._batch_tokens)

    def __iter__(self) -> Iterator[Batch]:
        return self.of(self._windows)

    def of(self, windows: Sequence[int]) -> Iterator[Batch]:
        """The outputs for the batches that contain some of these windows, or for these windows alone."""
        return self._run(windows) if self._held is None else iter(self._held)


def held_cells() -> int:
    """Number of output values to keep in memory."""
    return HELD_CELLS


def average_probabilities(
    members: Sequence[NamedEntityRecognizer],
    documents: Sequence[Document],
    *,
    batch_tokens: int,
    nbest: int = 1,
    gazetteer: Gazetteer | None = None,
) -> list[tuple[list[Entity], NDArray[np.float64]]]:
    """For each document, all entities that any member finds and their probabilities ``(members, entities)``.

    A member finds what its models find together; with `nbest` above 1, also their joint candidates. Its
    probability is the mean over its models. With a gazetteer its texts are candidates, too, and so is what members find
    at every other occurrence in the document.
    """
    encoded = encode_shared(members, documents)
    held = [HeldOutputs(m.ensemble, e, batch_tokens=batch_tokens) for m, e in zip(members, encoded, strict=True)]
    found: list[set[Entity]] = [set() for _ in documents]
    for member, texts, outputs in zip(members, encoded, held, strict=True):
        windows, nesting = member.ensemble.entities(texts, outputs, nbest=nbest), member.ensemble.nesting
        stitched = stitch_documents(documents, texts, windows, nesting=nesting, candidates=nbest > 1)
        for entities, document in zip(found, stitched, strict=True):
            entities.update(document.entities)
    _, candidates = propose(documents, found, None if gazetteer is None else [gazetteer] * len(documents))
    tables = [np.zeros((len(members), len(entities))) for entities in candidates]
    for row, (member, texts, outputs) in enumerate(zip(members, encoded, held, strict=True)):
        given = span_probabilities(member.ensemble, texts, outputs, candidates)
        for table, probabilities in zip(tables, given, strict=True):
            table[row] = probabilities
    return list(zip(candidates, tables, strict=True))


def span_probabilities(
    ensemble: Ensemble,
    encoded: Encoded,
    batches: Iterable[Batch],
    candidates: Sequence[Sequence[Entity]],
) -> list[NDArray[np.float64]]:
    """The mean probability that the models give to each candidate, ``(candidates,)`` for each document.

    It is computed in the window that owns the middle of the span, or in the nearest window that contains the span. It
    is 0 if the models cannot find the span: no window contains it, an end lies inside a token, or the head cannot
    represent the entity.

    Args:
        ensemble: the models.
        encoded: the documents and their windows.
        batches: window indices and the models' outputs for them; missing windows give 0.
        candidates: for each document of `encoded`, entities with labels that the models know.
    """
    spans, owners = place_candidates(ensemble.models[0], encoded, candidates)
    result = [np.zeros(len(entities)) for entities in candidates]
    for batch in batches:
        numbers = batch[0]
        means = ensemble.span_scores(encoded, batch, [spans[number] for number in numbers])
        for number, probabilities in zip(numbers, means, strict=True):
            for (document, candidate), probability in zip(owners[number], probabilities, strict=True):
                result[document][candidate] = probability
    return result


def place_candidates(
    model: NERModel, encoded: Encoded, candidates: Sequence[Sequence[Entity]]
) -> tuple[list[list[TokenSpan]], list[list[tuple[int, int]]]]:
    """For each window, the token spans of the candidates it is responsible for, and their (document, candidate)."""
    spans: list[list[TokenSpan]] = [[] for _ in encoded.bounds]
    owners: list[list[tuple[int, int]]] = [[] for _ in encoded.bounds]
    borders = np.searchsorted(encoded.document, np.arange(len(candidates) + 1))  # (documents + 1,)
    for document, entities in enumerate(candidates):
        windows = _Windows(encoded.bounds[borders[document] : borders[document + 1]])
        for number, entity in enumerate(entities):
            place = None if model.head.unlearnable([entity]) else windows.answering_for(entity)
            if place is None:
                continue
            window = int(borders[document]) + place
            span = entity_span(encoded.encoding(window), entity)
            if span is not None:
                spans[window].append(span)
                owners[window].append((document, number))
    return spans, owners


class _Windows:
    """The windows of one document, in its order."""

    def __init__(self, windows: Sequence[Window]):
        self.starts, self.ends = [window.start for window in windows], [window.end for window in windows]
        self.seams = [before.end + after.start for before, after in pairwise(windows)]  # twice, as in `stitch`

    def answering_for(self, entity: Entity) -> int | None:
        """Of the windows that contain the whole entity, the one that owns its middle, or the nearest."""
        owner = bisect_right(self.seams, entity.start + entity.end)
        holders = range(bisect_left(self.ends, entity.end), bisect_right(self.starts, entity.start))
        return min(holders, key=lambda number: abs(number - owner), default=None)
