"""Which scored entities of one text to keep: those above their label's threshold; of overlapping ones, the heaviest.

It does not know models, nor where the scores come from.
"""

from collections.abc import Iterable, Mapping

from bert4ner.decode.spans import heaviest
from bert4ner.entities import Entity, Nesting
from bert4ner.text.token_spans import TokenSpan

_LEAST = 1e-12  # weight of an entity with score 0: better than no entity at its place


def score_of(entity: Entity) -> float:
    """The score of an entity; without a score it counts as 1."""
    return 1.0 if entity.score is None else entity.score


def select(
    entities: Iterable[Entity],
    *,
    threshold: float = 0.0,
    thresholds: Mapping[str, float] | None = None,
    nesting: Nesting = "none",
) -> list[Entity]:
    """The entities with a score of at least their label's threshold, without overlaps that `nesting` forbids.

    Of overlapping entities above their thresholds, the choice with the greatest sum of scores is kept.

    Args:
        entities: of one text, each at most once.
        threshold: for labels that `thresholds` does not name.
        thresholds: for single labels.
        nesting: which entities may overlap.

    Returns:
        entities, sorted.

    Example:
        >>> found = [Entity(0, 4, "DRUG", 0.9), Entity(2, 4, "DRUG", 0.6), Entity(5, 7, "HERB", 0.3)]
        >>> select(found, threshold=0.5, thresholds={"HERB": 0.2})
        [Entity(start=0, end=4, label='DRUG', score=0.9), Entity(start=5, end=7, label='HERB', score=0.3)]
    """
    by_label = thresholds or {}
    kept = [entity for entity in entities if score_of(entity) >= by_label.get(entity.label, threshold)]
    weighed = {
        TokenSpan(each.start, each.end, each.label, max(score_of(each), _LEAST), each.fragments): each for each in kept
    }
    return sorted(weighed[span] for span in heaviest(list(weighed), nesting))
