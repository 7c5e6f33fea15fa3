"""The errors behind the scores, counted by label and shown in their texts.

The scores' module `errors` defines errors and their kinds; nothing is drawn here.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bert4ner.entities import Document, Entity, sorted_labels
from bert4ner.phrases import phrase
from bert4ner.scoring.errors import EntityError, collect_errors

KINDS = {
    "wrong boundary": phrase("kind.boundary"),
    "wrong label": phrase("kind.label"),
    "missed": phrase("kind.missed"),
    "spurious": phrase("kind.spurious"),
}
ORDER = tuple(KINDS)
NOTHING = ""  # in place of a label: not found, or not there
CONTEXT = 24  # characters shown on each side of an example
LONGEST_PIECE = 80  # characters; the middle of longer ones is left out
_VISIBLE = str.maketrans({"\n": "↵", "\r": None, "\t": " "})


@dataclass(frozen=True)
class Mistakes:
    """How often each kind of error occurs for each label, and which labels are confused."""

    kinds: Counter[str]
    outcomes: dict[str, Counter[str]]
    """Each label -> "right" or a kind -> number of entities: gold ones, but predicted ones for "spurious"."""
    confusions: Counter[tuple[str, str]]
    """(gold label, predicted label) of entities that share characters; NOTHING if there is no partner."""


@dataclass(frozen=True)
class Piece:
    """Part of an example, and whether gold, prediction, both or none cover it."""

    text: str
    gold: bool
    found: bool


@dataclass(frozen=True)
class Example:
    """One error in its text; `times` the same mentions and labels were confused in this way."""

    id: str
    kind: str
    gold: Entity | None
    found: Entity | None
    pieces: list[Piece]
    times: int


def count_mistakes(pairs: Sequence[tuple[Document, Document]]) -> Mistakes:
    """All counts over documents given as (gold, predicted)."""
    kinds: Counter[str] = Counter()
    outcomes: dict[str, Counter[str]] = {
        label: Counter() for label in sorted_labels([document for pair in pairs for document in pair])
    }
    confusions: Counter[tuple[str, str]] = Counter()
    for gold, predicted in pairs:
        for entity in set(gold.entities) & set(predicted.entities):
            outcomes[entity.label]["right"] += 1
            confusions[entity.label, entity.label] += 1
    for _, error in collect_errors(pairs):
        gold_label, found_label = (each.label if each else NOTHING for each in (error.gold, error.predicted))
        kinds[error.kind] += 1
        outcomes[gold_label or found_label][error.kind] += 1
        confusions[gold_label, found_label] += 1
    return Mistakes(kinds, outcomes, confusions)


def choose_examples(pairs: Sequence[tuple[Document, Document]], *, limit: int = 30) -> dict[str, list[Example]]:
    """Up to `limit` examples, by kind and spread over the kinds as evenly as they occur.

    Each pair of mentions and labels is shown once. Predictions with the highest score come first, because they often
    reveal mistakes in the annotation; missed entities come by frequency.
    """
    groups: dict[tuple[str, ...], list[tuple[Document, EntityError]]] = defaultdict(list)
    for document, error in collect_errors(pairs):
        groups[_key(document, error)].append((document, error))
    candidates: dict[str, list[list[tuple[Document, EntityError]]]] = {kind: [] for kind in ORDER}
    for key, group in groups.items():
        candidates[key[0]].append(sorted(group, key=lambda each: -_score(each[1])))
    for kind in ORDER:
        candidates[kind].sort(key=lambda group: (-_score(group[0][1]), -len(group)))
    shares = _shares({kind: len(found) for kind, found in candidates.items()}, limit)
    return {
        kind: [_example(*group[0], times=len(group)) for group in candidates[kind][: shares[kind]]] for kind in ORDER
    }


def _key(document: Document, error: EntityError) -> tuple[str, ...]:
    sides = (error.gold, error.predicted)
    return error.kind, *(word for each in sides for word in ((each.label, document.mention(each)) if each else ("",)))


def _score(error: EntityError) -> float:
    return (error.predicted.score or 0.0) if error.predicted else 0.0


def _shares(available: dict[str, int], limit: int) -> dict[str, int]:
    """Distribute `limit` places one by one, skipping receivers that need no more."""
    shares = dict.fromkeys(available, 0)
    while sum(shares.values()) < limit:
        hungry = [name for name in shares if shares[name] < available[name]]
        if not hungry:
            break
        for name in hungry[: limit - sum(shares.values())]:
            shares[name] += 1
    return shares


def _example(document: Document, error: EntityError, *, times: int) -> Example:
    pieces = cut_pieces(document.text, error.gold, error.predicted)
    return Example(document.id, error.kind, error.gold, error.predicted, pieces, times)


def cut_pieces(text: str, gold: Entity | None, found: Entity | None) -> list[Piece]:
    """The text around an error, cut wherever one of the two spans begins or ends.

    Line breaks are shown as ↵, and … marks omitted text.
    """
    spans = [span for span in (gold, found) if span]
    start = max(0, min(span.start for span in spans) - CONTEXT)
    end = min(len(text), max(span.end for span in spans) + CONTEXT)
    cuts = sorted({start, end, *(span.start for span in spans), *(span.end for span in spans)})
    pieces = [
        Piece(_shortened(text[left:right]), _covers(gold, left), _covers(found, left)) for left, right in pairwise(cuts)
    ]
    before = [Piece("…", False, False)] if start > 0 else []
    after = [Piece("…", False, False)] if end < len(text) else []
    return [*before, *pieces, *after]


def _covers(span: Entity | None, place: int) -> bool:
    return span is not None and span.start <= place < span.end


def _shortened(text: str) -> str:
    if len(text) > LONGEST_PIECE:
        text = f"{text[: LONGEST_PIECE // 2]}…{text[-LONGEST_PIECE // 2 :]}"
    return text.translate(_VISIBLE)
