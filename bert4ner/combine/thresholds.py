"""Thresholds of labels, chosen on out-of-fold candidates, and the curves that they are chosen from.

Pure functions over documents. A threshold that was chosen on documents flatters on these very documents; `fitting`
holds folds out to tell what it is worth on others.
"""

import math
import re
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from bert4ner.combine.selection import score_of, select
from bert4ner.combine.span_rules import SpanRules
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.scoring.metrics import pair_documents

_AIM = re.compile(r"f(?P<beta>\d+(\.\d+)?)|(?P<wish>recall|precision)=(?P<share>\d*\.?\d+)")
_CURVE_POINTS = 200             # of a label: more do not show


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
    """How candidates are found and selected apart from the thresholds of single labels.

    Raises:
        ConfigError: `nbest` is below 1.
    """

    threshold: float = 0.0
    """That of labels without one of their own."""
    nested: bool = False
    """Whether entities may overlap."""
    nbest: int = 1
    """Above 1, members give more candidates than they would find; see `Recognizer.predict`."""
    spans: SpanRules = field(default_factory=SpanRules)

    def __post_init__(self) -> None:
        if type(self.nbest) is not int or self.nbest < 1:
            raise ConfigError(f"nbest must be a whole number of at least 1, got {self.nbest!r}")


class Cuts(NamedTuple):
    """What one label's candidates give at each threshold that makes a difference, from the highest on."""

    scores: np.ndarray          # (cuts,) of the last candidate that is kept
    hits: np.ndarray            # (cuts,)
    found: np.ndarray           # (cuts,)
    gold: int

    @property
    def precision(self) -> np.ndarray:
        """(cuts,)."""
        return self.hits / self.found

    @property
    def recall(self) -> np.ndarray:
        """(cuts,)."""
        return self.hits / max(self.gold, 1)


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
    cuts = label_cuts(gold, candidates, rule)
    return {label: _threshold(each, aim) for label, each in cuts.items() if each.hits[-1]}


def precision_recall_curves(
    gold: Sequence[Document], candidates: Sequence[Document], rule: Rule
) -> dict[str, dict[str, list[float]]]:
    """For each label that was found thresholds, from the highest on, and the precision and recall that they give.

    Arguments as for `choose_thresholds`. Of many thresholds some are told, evenly spaced in number.
    """
    curves = {}
    for label, cuts in label_cuts(gold, candidates, rule).items():
        told = np.unique(np.linspace(0, len(cuts.scores) - 1, _CURVE_POINTS).round().astype(int))
        curves[label] = {
            "threshold": cuts.scores[told].tolist(),
            "precision": cuts.precision[told].tolist(),
            "recall": cuts.recall[told].tolist(),
        }
    return curves


def label_cuts(gold: Sequence[Document], candidates: Sequence[Document], rule: Rule) -> dict[str, Cuts]:
    """The cuts of each label that was found, sorted by label; arguments as for `choose_thresholds`."""
    found: dict[str, list[tuple[float, bool]]] = {}
    wanted: dict[str, int] = {}
    for one, other in pair_documents(gold, candidates):
        right = set(one.entities)
        for entity in right:
            wanted[entity.label] = wanted.get(entity.label, 0) + 1
        for entity in other.entities if rule.nested else _likeliest(other.entities):
            found.setdefault(entity.label, []).append((score_of(entity), entity in right))
    return {label: _cuts(found[label], wanted.get(label, 0)) for label in sorted(found)}


def _likeliest(entities: Sequence[Entity]) -> list[Entity]:
    """Those that overlap no entity of a higher score that was kept itself."""
    kept: list[Entity] = []                     # sorted, none overlapping
    for entity in sorted(entities, key=lambda each: (-score_of(each), each)):
        place = bisect(kept, entity)
        if all(entity.end <= other.start or other.end <= entity.start for other in kept[max(0, place - 1) : place + 1]):
            kept.insert(place, entity)
    return kept


def _cuts(found: Iterable[tuple[float, bool]], num_gold: int) -> Cuts:
    """From the score and the truth of each candidate of one label; candidates with equal scores go together."""
    scores, right = (np.array(column) for column in zip(*found, strict=True))           # (candidates,) each
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.cumsum(right[order])                               # (candidates,) each
    last = np.append(scores[1:] < scores[:-1], True)
    return Cuts(scores[last], hits[last], np.flatnonzero(last) + 1, num_gold)


def _threshold(cuts: Cuts, aim: Aim) -> float:
    """The best threshold of one label."""
    scores, hits, num_found, num_gold = cuts
    if aim.kind == "recall":
        cut = int(np.argmax(cuts.recall >= aim.value)) if cuts.recall[-1] >= aim.value else len(scores) - 1
    elif aim.kind == "precision":
        enough = np.flatnonzero(cuts.precision >= aim.value)
        cut = int(enough[-1]) if len(enough) else int(cuts.precision.argmax())
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
