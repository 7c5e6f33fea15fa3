"""The kinds of errors behind a score: missed, spurious, wrong label, wrong boundary, with examples.

Each gold entity and each prediction is in exactly one kind. Explains no causes, and computes no score.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from bert4ner.data.examples import first_of_each
from bert4ner.entities import Document, Entity
from bert4ner.scoring.metrics import pair_documents

KINDS = ("missed", "spurious", "wrong label", "wrong boundary")
CONTEXT = 12  # characters shown on each side of an example


@dataclass(frozen=True)
class EntityError:
    """One disagreement: `gold` is None if it is spurious, `predicted` if it is missed."""

    kind: str
    gold: Entity | None
    predicted: Entity | None


@dataclass(frozen=True)
class ErrorExample:
    """An error with its text: the mentions on both sides, and the text around them."""

    id: str
    error: EntityError
    gold_mention: str
    predicted_mention: str
    before: str
    """A few characters before both."""
    marked: str
    """From the start of the first to the end of the last."""
    after: str

    @property
    def context(self) -> str:
        """The text before, within and after."""
        return self.before + self.marked + self.after


@dataclass
class ErrorReport:
    """The frequency of each kind, its labels, and the first examples of each."""

    correct: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    confusions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(kind, gold label or "", predicted label or "") -> count."""
    examples: dict[str, list[ErrorExample]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values, for JSON."""
        return {
            "correct": self.correct,
            "counts": {kind: self.counts[kind] for kind in KINDS},
            "confusions": [
                {"kind": kind, "gold": gold, "predicted": predicted, "count": count}
                for (kind, gold, predicted), count in sorted(self.confusions.items(), key=lambda each: (-each[1], each))
            ],
            "examples": {
                kind: [{**asdict(each), "context": each.context} for each in self.examples.get(kind, [])]
                for kind in KINDS
            },
        }


def find_errors(gold: Iterable[Entity], predicted: Iterable[Entity]) -> list[EntityError]:
    """The errors of one text, by position.

    Same span, other label: a wrong label. Overlapping spans: a wrong boundary (whatever the labels), the pair with
    the largest overlap first, each entity in one pair. The rest is missed or spurious.
    """
    left, right = sorted(set(gold) - set(predicted)), sorted(set(predicted) - set(gold))
    pairs = sorted(
        (-_overlap(one, other), one.label != other.label, one, other) for one, other in _touching(left, right)
    )
    errors, taken_gold, taken_predicted = [], set(), set()
    for kind in ("wrong label", "wrong boundary"):  # identical spans come first, then the largest overlap
        for _, _, one, other in pairs:
            same_span = (one.start, one.end) == (other.start, other.end)
            if same_span == (kind == "wrong label") and one not in taken_gold and other not in taken_predicted:
                taken_gold.add(one)
                taken_predicted.add(other)
                errors.append(EntityError(kind, one, other))
    errors += [EntityError("missed", one, None) for one in left if one not in taken_gold]
    errors += [EntityError("spurious", None, other) for other in right if other not in taken_predicted]
    return sorted(errors, key=_place)


def _touching(left: list[Entity], right: list[Entity]) -> Iterable[tuple[Entity, Entity]]:
    return ((one, other) for one in left for other in right if _overlap(one, other) > 0)


def _overlap(one: Entity, other: Entity) -> int:
    return min(one.end, other.end) - max(one.start, other.start)


def _place(error: EntityError) -> tuple[int, int, str, str]:
    entity = error.gold or error.predicted
    assert entity is not None
    return entity.start, entity.end, entity.label, error.kind


def collect_errors(pairs: Iterable[tuple[Document, Document]]) -> list[tuple[Document, EntityError]]:
    """Every error of the predicted documents, given as (gold, predicted), with its gold document."""
    return [(one, error) for one, other in pairs for error in find_errors(one.entities, other.entities)]


def analyse_errors(gold: Iterable[Document], predicted: Iterable[Document], *, num_examples: int = 20) -> ErrorReport:
    """All errors of `predicted`, documents paired by id; up to `num_examples` examples of each kind.

    Raises:
        DataError: see `metrics.pair_documents`.
    """
    pairs = pair_documents(gold, predicted)
    errors = collect_errors(pairs)
    chosen = first_of_each(
        ((error.kind, (document, error)) for document, error in _by_turns(errors)), limit=num_examples
    )
    return ErrorReport(
        correct=sum(len(set(one.entities) & set(other.entities)) for one, other in pairs),
        counts=Counter(error.kind for _, error in errors),
        confusions=Counter((error.kind, _label(error.gold), _label(error.predicted)) for _, error in errors),
        examples={kind: [_example(*each) for each in found] for kind, found in chosen.items()},
    )


def _by_turns(errors: Iterable[tuple[Document, EntityError]]) -> list[tuple[Document, EntityError]]:
    """The first of each kind in every document, then the second ones, and so on: examples from different documents."""
    turns: Counter[tuple[str, str]] = Counter()
    numbered = []
    for document, error in errors:
        numbered.append((turns[document.id, error.kind], document, error))
        turns[document.id, error.kind] += 1
    return [(document, error) for _, document, error in sorted(numbered, key=lambda each: each[0])]


def _label(entity: Entity | None) -> str:
    return entity.label if entity else ""


def _example(document: Document, error: EntityError) -> ErrorExample:
    involved = [entity for entity in (error.gold, error.predicted) if entity]
    start, end = min(entity.start for entity in involved), max(entity.end for entity in involved)
    return ErrorExample(
        document.id,
        error,
        document.mention(error.gold) if error.gold else "",
        document.mention(error.predicted) if error.predicted else "",
        document.text[max(0, start - CONTEXT) : start],
        document.text[start:end],
        document.text[end : end + CONTEXT],
    )
