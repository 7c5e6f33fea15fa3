"""Thresholds of labels, chosen on out-of-fold predictions, and what they are worth on folds they were not chosen on.

Pure functions over documents. A threshold that was chosen on documents flatters on these very documents; therefore
`select_nested` applies to each fold thresholds that were chosen on the others.
"""

import math
import re
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bert4ner.combine.selection import score_of, select
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.scoring.metrics import pair_documents

_AIM = re.compile(r"f(?P<beta>\d+(\.\d+)?)|(?P<wish>recall|precision)=(?P<share>\d*\.?\d+)")


@dataclass(frozen=True)
class Aim:
    """What the threshold of every label is to give: the best F-beta, or a recall or precision of at least `value`.

    Of the thresholds that give a wished recall the highest is taken, of those that give a wished precision the lowest;
    where none does, the one that comes nearest.
    """

    kind: Literal["f", "recall", "precision"]
    value: float

    @classmethod
    def parse(cls, text: str) -> "Aim":
        """From "f1", "f2", "f0.5", "recall=0.9" or "precision=0.9".

        Raises:
            ConfigError: anything else, a beta of 0, or a share that is not above 0 and at most 1.
        """
        match = _AIM.fullmatch(text)
        value = float(match["beta"] or match["share"]) if match else 0.0
        if match is None or not 0 < value < math.inf or (match["wish"] and value > 1):
            raise ConfigError(f"aim must be f1, f2, f0.5, recall=0.9, precision=0.9 or the like, got {text!r}")
        return cls(match["wish"] or "f", value)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Rule:
    """How candidates are selected apart from the thresholds of single labels."""

    threshold: float = 0.0
    """That of labels without one of their own."""
    nested: bool = False
    """Whether entities may overlap."""


def choose_thresholds(
    gold: Sequence[Document], candidates: Sequence[Document], aim: Aim, rule: Rule
) -> dict[str, float]:
    """The threshold of each label that comes nearest to the aim on these documents.

    Each label is looked at alone. Unless entities may be nested, candidates that overlap a likelier one are left out,
    since hardly any of them would be selected. A threshold lies halfway between the scores that it divides. Labels of
    which no candidate is right get none: nothing can be learned from them.

    Args:
        gold: as annotated.
        candidates: the same documents with everything found in them, each entity with the score that the threshold is
            compared with. They must come from models that were not trained on the document.

    Raises:
        DataError: the documents are not the same.
    """
    found: dict[str, list[tuple[float, bool]]] = {}
    wanted: dict[str, int] = {}
    for one, other in pair_documents(gold, candidates):
        right = set(one.entities)
        for entity in right:
            wanted[entity.label] = wanted.get(entity.label, 0) + 1
        for entity in other.entities if rule.nested else _likeliest(other.entities):
            found.setdefault(entity.label, []).append((score_of(entity), entity in right))
    return {
        label: _threshold(found[label], wanted[label], aim)
        for label in sorted(found)
        if any(is_right for _, is_right in found[label])
    }


def _likeliest(entities: Sequence[Entity]) -> list[Entity]:
    """Those that overlap no entity of a higher score that was kept itself."""
    kept: list[Entity] = []                     # sorted, none overlapping
    for entity in sorted(entities, key=lambda each: (-score_of(each), each)):
        place = bisect(kept, entity)
        if all(entity.end <= other.start or other.end <= entity.start for other in kept[max(0, place - 1) : place + 1]):
            kept.insert(place, entity)
    return kept


def _threshold(found: Sequence[tuple[float, bool]], num_gold: int, aim: Aim) -> float:
    """The best threshold of one label, from the score and the truth of each of its candidates."""
    scores, right = np.array([each[0] for each in found]), np.array([each[1] for each in found])   # (candidates,)
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.cumsum(right[order])                               # (candidates,) each
    last = np.append(scores[1:] < scores[:-1], True)                                    # equal scores go together
    scores, hits, num_found = scores[last], hits[last], np.flatnonzero(last) + 1        # (cuts,) each
    recall, precision = hits / num_gold, hits / num_found
    if aim.kind == "recall":
        cut = int(np.argmax(recall >= aim.value)) if recall[-1] >= aim.value else len(scores) - 1
    elif aim.kind == "precision":
        enough = np.flatnonzero(precision >= aim.value)
        cut = int(enough[-1]) if len(enough) else int(precision.argmax())
    else:
        square = aim.value**2
        cut = int(((1 + square) * hits / (square * num_gold + num_found)).argmax())
    if cut == len(scores) - 1:
        return 0.0
    middle = float(scores[cut] + scores[cut + 1]) / 2
    return middle if middle > scores[cut + 1] else float(scores[cut])


def select_all(candidates: Sequence[Document], rule: Rule, thresholds: Mapping[str, float]) -> list[Document]:
    """The documents with the candidates that are selected."""
    return [
        Document(
            each.id, each.text,
            tuple(select(each.entities, threshold=rule.threshold, thresholds=thresholds, nested=rule.nested)),
        )
        for each in candidates
    ]  # fmt: skip


def select_nested(
    gold: Sequence[Document], candidates: Sequence[Document], folds: Sequence[int], aim: Aim, rule: Rule
) -> list[Document]:
    """The documents with the candidates that are selected in each fold by thresholds chosen on all other folds.

    What these documents score is an estimate of what thresholds chosen on all folds will give on new documents; it is
    not the number that was optimized.

    Args:
        gold: in any order.
        candidates: as for `choose_thresholds`.
        folds: of each of `candidates` the fold it belongs to; at least two different ones.

    Returns:
        in the order of `candidates`.

    Raises:
        ValueError: not one fold for each document, or only one fold.
        DataError: the documents are not the same.
    """
    if len(folds) != len(candidates) or len(set(folds)) < 2:
        raise ValueError(f"expected a fold for each of {len(candidates)} documents, two different ones, got {folds}")
    gold_of = {one.id: one for one, _ in pair_documents(gold, candidates)}
    placed = list(zip(candidates, folds, strict=True))
    selected: dict[str, Document] = {}
    for fold in sorted(set(folds)):
        others = [document for document, place in placed if place != fold]
        thresholds = choose_thresholds([gold_of[document.id] for document in others], others, aim, rule)
        held_out = [document for document, place in placed if place == fold]
        selected.update((document.id, document) for document in select_all(held_out, rule, thresholds))
    return [selected[document.id] for document in candidates]
