"""Plants annotation errors that are known: a share of all entities dropped, shifted by a character, or relabelled."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bert4ner.entities import Document, Entity, sorted_labels
from bert4ner.scoring.suspicion import Doubt

KINDS = ("dropped", "shifted", "relabelled")


@dataclass(frozen=True)
class Planted:
    """One planted error; what was dropped has nothing in its place."""

    id: str
    kind: str
    original: Entity
    corrupted: Entity | None

    def is_pointed_at(self, doubt: Doubt) -> bool:
        """Whether a doubt in the same document is about what is wrong, or suggests exactly what was right."""
        return doubt.suggested == self.original or (self.corrupted is not None and doubt.annotated == self.corrupted)


def plant_errors(
    documents: Sequence[Document], *, share: float = 0.1, seed: int = 0
) -> tuple[list[Document], list[Planted]]:
    """Documents with errors, and what these are: as many of each kind, but what cannot be shifted is relabelled."""
    rng = random.Random(seed)
    labels = sorted_labels(documents)
    places = [(number, entity) for number, document in enumerate(documents) for entity in document.entities]
    planted = []
    changed = [list(document.entities) for document in documents]
    for turn, (number, entity) in enumerate(rng.sample(places, round(share * len(places)))):
        others = [each for each in changed[number] if each != entity]
        kind, wrong = _corrupt(KINDS[turn % len(KINDS)], entity, documents[number], others, labels, rng)
        changed[number] = others if wrong is None else [*others, wrong]
        planted.append(Planted(documents[number].id, kind, entity, wrong))
    return [replace(d, entities=tuple(e)) for d, e in zip(documents, changed, strict=True)], planted


def _corrupt(
    kind: str, entity: Entity, document: Document, others: list[Entity], labels: Sequence[str], rng: random.Random
) -> tuple[str, Entity | None]:
    if kind == "dropped":
        return kind, None
    if kind == "shifted":
        moves = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1)]
        rng.shuffle(moves)
        for start, end in ((entity.start + left, entity.end + right) for left, right in moves):
            free = all(end <= other.start or other.end <= start for other in others)
            if 0 <= start < end <= len(document.text) and free:
                return kind, replace(entity, start=start, end=end)
    return "relabelled", replace(entity, label=rng.choice([label for label in labels if label != entity.label]))


def count_found(planted: Sequence[Planted], doubts: Sequence[tuple[Document, Doubt]]) -> Counter[str]:
    """For each kind how many planted errors some of these doubts point at."""
    by_id: dict[str, list[Doubt]] = {}
    for document, doubt in doubts:
        by_id.setdefault(document.id, []).append(doubt)
    return Counter(each.kind for each in planted if any(map(each.is_pointed_at, by_id.get(each.id, []))))
