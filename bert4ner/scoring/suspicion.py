"""Doubtful annotation: ranks where models that did not learn from a document disagree with its annotation.

Pure arithmetic over given probabilities; `combine.opinions` computes them. Decides nothing: only a reader of the text
can say whether the annotation or the models are wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bert4ner.entities import Document, Entity

KINDS = ("missing", "spurious", "wrong label", "wrong boundary")
_ROUNDING = 1e-6
_LIKELY = 0.5


@dataclass(frozen=True)
class Opinions:
    """The predictions for a document by the models that did not learn from it."""

    document: Document
    """As annotated."""
    candidates: tuple[Entity, ...]
    """The annotated entities, and all candidates of any model; sorted, each once."""
    scores: NDArray[np.float64]
    """(models, candidates): the exact probability that each model gives; NaN if it cannot find the entity."""
    found: NDArray[np.bool_]
    """(models, candidates): whether each model finds it, on its own."""

    def probabilities(self) -> dict[Entity, float]:
        """The mean probability of each candidate, over the models that can find it."""
        able = ~np.isnan(self.scores)  # (models, candidates)
        totals = np.where(able, self.scores, 0.0).sum(axis=0)  # (candidates,)
        numbers = zip(self.candidates, totals.tolist(), able.sum(axis=0).tolist(), strict=True)
        return {entity: min(1.0, total / count) for entity, total, count in numbers if count}

    def likely(self) -> Document:
        """The document with the entities more likely than not in place of its annotation."""
        scored = [replace(entity, score=score) for entity, score in self.probabilities().items() if score > _LIKELY]
        return replace(self.document, entities=tuple(scored))


@dataclass(frozen=True)
class Doubt:
    """One place where the annotation may be wrong.

    `annotated` is None if an entity is missing, `suggested` if nothing should be annotated; the scores of both are
    their probabilities.
    """

    kind: str
    suspicion: float
    """In [0, 1]: how sure the models are of their alternative; see `find_doubts`."""
    annotated: Entity | None
    suggested: Entity | None

    def describe(self, document: Document) -> str:
        """A sentence for reviewers."""
        said = [
            f"{what} {document.mention(each)!r} {each.label} [{each.start}, {each.end}) of probability {each.score:.3f}"
            for what, each in (("annotated", self.annotated), ("suggested", self.suggested))
            if each is not None
        ]
        return f"{self.kind}, suspicion {self.suspicion:.3f}: {', '.join(said)}"


def find_doubts(opinions: Sequence[Opinions]) -> list[tuple[Document, Doubt]]:
    """All doubts, the gravest first, each with its document as annotated.

    A *rival* of an annotated entity shares characters with it and excludes it: their probabilities sum to 1 at most.
    Each annotated entity is compared with two alternatives, and the more probable one counts. The first is its most
    probable rival, whose probability is the suspicion of a wrong label (same span) or of a wrong boundary (another
    span). The second is no entity, with 1 minus its own probability and those of all rivals. This value times the mean
    probability of annotated entities with that label is the suspicion that it is spurious: for labels that the models
    hardly know, not finding an entity means little. A candidate without rivals is missing with its probability.

    Entities that no model can find (nested, if the head is flat) are not doubted.
    """
    known = mean_probabilities(opinions)
    doubts = [(each.document, doubt) for each in opinions for doubt in _doubts_of(each, known)]
    return sorted(doubts, key=lambda each: -each[1].suspicion)


def mean_probabilities(opinions: Iterable[Opinions]) -> dict[str, float]:
    """For each label, the mean probability of its annotated entities."""
    scores: dict[str, list[float]] = defaultdict(list)
    for each in opinions:
        given = each.probabilities()
        for entity in each.document.entities:
            if entity in given:
                scores[entity.label].append(given[entity])
    return {label: sum(values) / len(values) for label, values in scores.items()}


def _doubts_of(opinions: Opinions, known: Mapping[str, float]) -> list[Doubt]:
    given, annotated = opinions.probabilities(), set(opinions.document.entities)
    rivals: dict[Entity, list[Entity]] = {entity: [] for entity in given if entity in annotated}
    doubts = []
    for candidate in given.keys() - annotated:
        touched = [entity for entity in annotated if _touch(entity, candidate)]
        excluded = [each for each in touched if each in given and given[each] + given[candidate] <= 1 + _ROUNDING]
        for entity in excluded:
            rivals[entity].append(candidate)
        if not excluded and all(each in given for each in touched):
            doubts.append(Doubt("missing", given[candidate], None, _scored(candidate, given)))
    doubts += [_doubt_about(entity, found, given, known) for entity, found in rivals.items()]
    return sorted((doubt for doubt in doubts if doubt.suspicion > 0), key=_place)


def _doubt_about(
    entity: Entity, rivals: Sequence[Entity], given: Mapping[Entity, float], known: Mapping[str, float]
) -> Doubt:
    nothing = max(0.0, 1.0 - given[entity] - sum(given[rival] for rival in rivals))
    annotated = _scored(entity, given)
    best = max(sorted(rivals), key=lambda rival: given[rival], default=None)
    if best is None or given[best] < nothing:
        return Doubt("spurious", nothing * known[entity.label], annotated, None)
    same_span = (entity.start, entity.end) == (best.start, best.end)
    kind = "wrong label" if same_span else "wrong boundary"
    return Doubt(kind, given[best], annotated, _scored(best, given))


def _touch(one: Entity, other: Entity) -> bool:
    return one.start < other.end and other.start < one.end


def _scored(entity: Entity, given: Mapping[Entity, float]) -> Entity:
    return replace(entity, score=given[entity])


def _place(doubt: Doubt) -> tuple[int, int, str]:
    entity = doubt.annotated or doubt.suggested
    assert entity is not None
    return entity.start, entity.end, entity.label
