"""Which annotation is doubtful: what models that did not learn from a document hold against it, ranked.

Pure arithmetic over probabilities that were computed before; `combine.opinions` gathers them. Decides nothing: whether
the annotation is wrong or the models are is for somebody who reads the text.
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
    """What the models that did not learn from a document say about it."""

    document: Document
    """As annotated."""
    candidates: tuple[Entity, ...]
    """What is annotated, and what any model thinks possible; sorted, each once."""
    chances: NDArray[np.float64]
    """(models, candidates): the exact probability that each model gives; NaN where it could not find the entity."""
    found: NDArray[np.bool_]
    """(models, candidates): whether each model finds it, on its own."""

    def probabilities(self) -> dict[Entity, float]:
        """Of each candidate that some model could find the mean over these models."""
        able = ~np.isnan(self.chances)  # (models, candidates)
        totals = np.where(able, self.chances, 0.0).sum(axis=0)  # (candidates,)
        numbers = zip(self.candidates, totals.tolist(), able.sum(axis=0).tolist(), strict=True)
        return {entity: min(1.0, total / count) for entity, total, count in numbers if count}

    def likely(self) -> Document:
        """The document with what is likelier than not in place of what is annotated."""
        scored = [replace(entity, score=chance) for entity, chance in self.probabilities().items() if chance > _LIKELY]
        return replace(self.document, entities=tuple(scored))


@dataclass(frozen=True)
class Doubt:
    """One place where the annotation may be wrong.

    `annotated` is None where something is missing, `suggested` where nothing should be annotated; the scores of both
    are their probabilities.
    """

    kind: str
    suspicion: float
    """In [0, 1]: how sure the models are of what they would have instead; see `find_doubts`."""
    annotated: Entity | None
    suggested: Entity | None

    def describe(self, document: Document) -> str:
        """A sentence for whoever looks at it."""
        said = [
            f"{what} {document.mention(each)!r} {each.label} [{each.start}, {each.end}) of probability {each.score:.3f}"
            for what, each in (("annotated", self.annotated), ("suggested", self.suggested))
            if each is not None
        ]
        return f"{self.kind}, suspicion {self.suspicion:.3f}: {', '.join(said)}"


def find_doubts(opinions: Sequence[Opinions]) -> list[tuple[Document, Doubt]]:
    """All doubts, the gravest first, each with its document as annotated.

    A *rival* of an annotated entity shares characters with it and excludes it: their probabilities sum to 1 at most.
    Each annotated entity is compared with the likeliest of its rivals, whose probability is the suspicion of a wrong
    label (same span) or of a wrong boundary (another one), and with there being nothing, 1 minus its own probability
    and those of all rivals, whichever is more. The latter, times the mean probability of what is annotated with that
    label, is the suspicion that it is spurious: of labels that the models hardly know, finding nothing says little.
    A candidate that is nobody's rival is missing with its probability.

    What no model could find (nested, where the head is flat) is not doubted.
    """
    known = mean_probabilities(opinions)
    doubts = [(each.document, doubt) for each in opinions for doubt in _doubts_of(each, known)]
    return sorted(doubts, key=lambda each: -each[1].suspicion)


def mean_probabilities(opinions: Iterable[Opinions]) -> dict[str, float]:
    """For each label the mean probability of what is annotated with it."""
    chances: dict[str, list[float]] = defaultdict(list)
    for each in opinions:
        given = each.probabilities()
        for entity in each.document.entities:
            if entity in given:
                chances[entity.label].append(given[entity])
    return {label: sum(values) / len(values) for label, values in chances.items()}


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
