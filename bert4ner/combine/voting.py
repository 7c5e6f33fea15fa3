"""Votes of several recognizers on the entities of one text. It does not know models, thresholds or overlaps."""

from collections.abc import Iterable, Mapping, Sequence

from bert4ner.entities import Entity
from bert4ner.runs.votes import check_quorum, vote_shares

_ROUNDING = 1e-9  # tolerance for sums of weights that should be whole


def vote(
    found: Sequence[Iterable[Entity]],
    *,
    quorum: int,
    weights: Sequence[float] | None = None,
    label_quorum: Mapping[str, int] | None = None,
) -> list[Entity]:
    """The entities of one text that enough members agree on: in start, end, label and fragments.

    A member's vote counts by its weight; all weights together count as many votes as there are members. A quorum equal
    to the number of members is the intersection; with equal weights, a quorum of 1 is the union. The score of an entity
    is the weighted mean of the members' scores: 0 for a member that did not find it, 1 for one that found it without a
    score. Entities may overlap, see `selection.select`.
    overlap, see `selection.select`.

    Args:
        found: the entities of each member; repeats count once.
        quorum: number of votes that an entity needs, from 1 to the number of members.
        weights: one for each member, above 0; equal by default.
        label_quorum: quorums of single labels, instead of `quorum`.

    Returns:
        entities, sorted.

    Raises:
        ConfigError: no members, a quorum or a weight out of range.

    Example:
        >>> drug, herb = Entity(0, 2, "DRUG", 0.9), Entity(0, 2, "HERB", 0.4)
        >>> vote([[drug], [drug, herb], [herb]], quorum=2, label_quorum={"HERB": 3})
        [Entity(start=0, end=2, label='DRUG', score=0.6)]
    """
    shares = vote_shares(len(found), weights)
    check_quorum(len(found), quorum, label_quorum or {})
    votes, scores = _summed(found, shares)
    needed = label_quorum or {}
    agreed = [entity for entity, count in votes.items() if count >= needed.get(entity.label, quorum) - _ROUNDING]
    return sorted(with_score(entity, scores[entity] / len(found)) for entity in agreed)


def _summed(
    found: Sequence[Iterable[Entity]], shares: Sequence[float]
) -> tuple[dict[Entity, float], dict[Entity, float]]:
    """The votes for each entity, and its scores weighted by them."""
    votes: dict[Entity, float] = {}
    scores: dict[Entity, float] = {}
    for share, entities in zip(shares, found, strict=True):
        for entity in dict.fromkeys(entities):
            votes[entity] = votes.get(entity, 0.0) + share
            score = 1.0 if entity.score is None else entity.score
            scores[entity] = scores.get(entity, 0.0) + share * score
    return votes, scores


def with_score(entity: Entity, score: float) -> Entity:
    """The same entity with another score."""
    return Entity(entity.start, entity.end, entity.label, score, entity.fragments)
