"""Chooses a threshold for each label on out-of-fold candidates, and gives the curves of what each threshold finds.

Pure functions over documents. A threshold chosen on some documents gives optimistic scores on the same documents;
`fitting` holds folds out to estimate what it gives on others.
"""

import math
import re
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bert4ner.combine.learning import FloatArray, fit_stacker, stack
from bert4ner.combine.selection import score_of
from bert4ner.entities import Document, Entity, Nesting
from bert4ner.errors import ConfigError
from bert4ner.runs.rules import Rule
from bert4ner.scoring.metrics import pair_documents

IntArray = NDArray[np.int64]
_Scored = Mapping[str, Sequence[tuple[float, float]]]  # by label, of each candidate: its score, and how far it is right
_AIM = re.compile(r"(?P<macro>macro-)?f(?P<beta>\d+(\.\d+)?)|(?P<target>recall|precision)=(?P<share>\d*\.?\d+)")
_CURVE_POINTS = 200  # points per label in a plotted curve; more would not be visible


@dataclass(frozen=True)
class Aim:
    """The objective that thresholds are chosen for.

    It is the best expected F-beta of all labels together (micro), that of each label (and so the best macro and
    weighted F-beta), or a recall or precision of at least `value` for each label. For a target recall it is the highest
    threshold that reaches it, for a target precision the lowest; if none reaches the target, the nearest one.
    """

    kind: Literal["f", "macro-f", "recall", "precision"]
    value: float

    @property
    def beta(self) -> float:
        """Weight of recall relative to precision; 1 for a target recall or precision."""
        return self.value if self.kind in ("f", "macro-f") else 1.0

    def __str__(self) -> str:
        """The text that `parse` reads."""
        joined = "" if self.kind in ("f", "macro-f") else "="
        return f"{self.kind}{joined}{self.value}".removesuffix(".0")

    @classmethod
    def parse(cls, text: str) -> "Aim":
        """From "f1", "f2", "f0.5", "macro-f1", "recall=0.9" or "precision=0.9".

        Raises:
            ConfigError: anything else, a beta of 0, or a target outside (0, 1].
        """
        match = _AIM.fullmatch(text)
        value = float(match["beta"] or match["share"]) if match else 0.0
        if match is None or not 0 < value < math.inf or (match["target"] and value > 1):
            raise ConfigError(
                f"aim must be f1, f2, f0.5, macro-f1, recall=0.9, precision=0.9 or the like, got {text!r}"
            )
        return cls(match["target"] or ("macro-f" if match["macro"] else "f"), value)  # type: ignore[arg-type]


class Cuts(NamedTuple):
    """Precision and recall of one label at each threshold that changes them, highest first."""

    scores: FloatArray  # (cuts,) the score of the last candidate that is kept
    hits: FloatArray  # (cuts,) counted, or expected
    found: IntArray  # (cuts,)
    gold: int

    @property
    def precision(self) -> FloatArray:
        """(cuts,)."""
        shares: FloatArray = self.hits / self.found
        return shares

    @property
    def recall(self) -> FloatArray:
        """(cuts,)."""
        shares: FloatArray = self.hits / max(self.gold, 1)
        return shares


def choose_thresholds(
    gold: Sequence[Document], candidates: Sequence[Document], aim: Aim, rule: Rule
) -> dict[str, float]:
    """The threshold of each label with the best value of the objective, as these documents let one expect it.

    Candidates that overlap a likelier one against the nesting are left out, since hardly any of them would be
    selected. A threshold lies halfway between the two scores it separates. Labels without any right candidate get no
    threshold: there is nothing to learn from. For a target recall or precision the right candidates are counted. For
    F they are estimated by a logistic regression over the scores of all labels: the cut with the best counted F is the
    best of many cuts of few candidates, and rarely the best one for other documents.

    Args:
        gold: as annotated.
        candidates: the same documents with everything found in them, each entity with the score that the threshold is
            compared with. They must come from models that were not trained on the document.
        aim: the objective.
        rule: how candidates are selected; its threshold applies to labels without their own.

    Raises:
        DataError: the documents differ.

    References:
        Choosing by estimated probabilities: Lewis 1995, Evaluating and optimizing autonomous text classification
        systems. Ye et al. 2012, Optimizing F-measures: a tale of two approaches.
    """
    cuts = label_cuts(gold, candidates, rule, expected=aim.kind in ("f", "macro-f"))
    open_labels = {label: each for label, each in cuts.items() if each.hits[-1]}
    if aim.kind == "f":
        others = [each for label, each in cuts.items() if label not in open_labels]
        num_found = sum(int(each.found[each.scores >= rule.threshold].max(initial=0)) for each in others)
        num_gold = sum(len(set(document.entities)) for document in gold)
        chosen = _best_together(list(open_labels.values()), num_gold, num_found, aim.beta)
    else:
        chosen = [_cut(each, aim) for each in open_labels.values()]
    return {label: _above(each.scores, cut) for (label, each), cut in zip(open_labels.items(), chosen, strict=True)}


def precision_recall_curves(
    gold: Sequence[Document], candidates: Sequence[Document], rule: Rule
) -> dict[str, dict[str, list[float]]]:
    """For each label that was found: thresholds, highest first, with their precision and recall.

    Takes the arguments of `choose_thresholds`. Long curves are thinned out to evenly spaced points.
    """
    curves = {}
    for label, cuts in label_cuts(gold, candidates, rule).items():
        points = np.unique(np.linspace(0, len(cuts.scores) - 1, _CURVE_POINTS).round().astype(int))
        curves[label] = {
            "threshold": cuts.scores[points].tolist(),
            "precision": cuts.precision[points].tolist(),
            "recall": cuts.recall[points].tolist(),
        }
    return curves


def label_cuts(
    gold: Sequence[Document], candidates: Sequence[Document], rule: Rule, *, expected: bool = False
) -> dict[str, Cuts]:
    """The cuts of each label that was found, sorted by label; takes the arguments of `choose_thresholds`.

    The hits are counted, or those that the scores let one expect.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    wanted: dict[str, int] = {}
    for one, other in pair_documents(gold, candidates):
        right = set(one.entities)
        for entity in right:
            wanted[entity.label] = wanted.get(entity.label, 0) + 1
        for entity in _likeliest(other.entities, rule.nesting):
            found.setdefault(entity.label, []).append((score_of(entity), entity in right))
    counted = _probable(found) if expected else found
    return {label: _cuts(counted[label], wanted.get(label, 0)) for label in sorted(counted)}


def _likeliest(entities: Sequence[Entity], nesting: Nesting) -> list[Entity]:
    """The entities that overlap no kept entity of a higher score against the nesting; sorted."""
    if nesting == "any":
        return sorted(entities)
    layers: dict[str, list[Entity]] = {}  # by label, or one for all with "none": sorted, without overlaps
    for entity in sorted(entities, key=lambda each: (-score_of(each), each)):
        kept = layers.setdefault(entity.label if nesting == "labels" else "", [])
        place = bisect(kept, entity)
        if all(entity.end <= other.start or other.end <= entity.start for other in kept[max(0, place - 1) : place + 1]):
            kept.insert(place, entity)
    return sorted(entity for kept in layers.values() for entity in kept)


def _cuts(found: Iterable[tuple[float, float]], num_gold: int) -> Cuts:
    """From score and correctness of each candidate of one label; candidates with equal scores share a cut."""
    scores, right = (np.array(column) for column in zip(*found, strict=True))  # (candidates,) each
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.cumsum(right[order])  # (candidates,) each
    last = np.append(scores[1:] < scores[:-1], True)
    return Cuts(scores[last], hits[last], np.flatnonzero(last) + 1, num_gold)


def _probable(found: _Scored) -> _Scored:
    """Scores with probabilities in place of 1 and 0, unless nothing of a label is right, or all of all labels."""
    labels = [label for label, each in found.items() for _ in each]
    scores, right = np.array([pair for each in found.values() for pair in each]).reshape(-1, 2).T  # (candidates,) each
    if right.all() or not right.any():
        return found
    members = scores[np.newaxis]  # (1, candidates): one member, the score itself
    probabilities = iter(stack(fit_stacker(labels, members, right > 0), labels, members).tolist())
    expected = {label: [(score, next(probabilities)) for score, _ in each] for label, each in found.items()}
    return {label: expected[label] if any(hit for _, hit in each) else each for label, each in found.items()}


def _best_together(labels: Sequence[Cuts], num_gold: int, num_found: int, beta: float) -> list[int]:
    """The cut of each label that gives all labels together the best F-beta.

    F is a ratio of two sums over labels. Let r be a ratio that some cuts reach. Choosing each label's cut on its own to
    maximize the dividend minus r times the divisor gives a ratio of at least r. Repeated, it grows to the maximum.

    Args:
        labels: the cuts of each label to choose for.
        num_gold: number of all gold entities.
        num_found: number of entities found with other labels.
        beta: weight of recall against precision.

    References:
        Dinkelbach 1967, On Nonlinear Fractional Programming.
    """
    square, ratio, chosen = beta**2, -1.0, [0] * len(labels)
    while True:
        hits = sum(float(each.hits[cut]) for each, cut in zip(labels, chosen, strict=True))
        found = num_found + sum(int(each.found[cut]) for each, cut in zip(labels, chosen, strict=True))
        reached = (1 + square) * hits / max(square * num_gold + found, 1)
        if reached <= ratio:
            return chosen
        ratio = reached
        chosen = [int(((1 + square) * each.hits - ratio * each.found).argmax()) for each in labels]


def _cut(cuts: Cuts, aim: Aim) -> int:
    """The best cut of a single label."""
    if aim.kind == "recall":
        return int(np.argmax(cuts.recall >= aim.value)) if cuts.recall[-1] >= aim.value else len(cuts.scores) - 1
    if aim.kind == "precision":
        enough = np.flatnonzero(cuts.precision >= aim.value)
        return int(enough[-1]) if len(enough) else int(cuts.precision.argmax())
    square = aim.beta**2
    return int(((1 + square) * cuts.hits / (square * cuts.gold + cuts.found)).argmax())


def _above(scores: FloatArray, cut: int) -> float:
    """A threshold that keeps the candidates down to a cut."""
    if cut == len(scores) - 1:
        return 0.0
    middle = float(scores[cut] + scores[cut + 1]) / 2
    return middle if middle > scores[cut + 1] else float(scores[cut])
