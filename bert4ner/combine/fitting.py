"""Fits what a combination leaves open to out-of-fold candidates, and tells what that is worth on folds held out of it.

Pure functions over evidence. A number that was chosen on documents flatters on these very documents; therefore
`cross_fit` scores and selects each fold by what was fitted to all others, quorum, model, calibration and thresholds
alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bert4ner.combine.applying import Evidence, score_candidates, select_entities
from bert4ner.combine.learning import BoolArray, FloatArray, fit_calibration, fit_stacker
from bert4ner.combine.thresholds import Aim, choose_thresholds
from bert4ner.entities import Document
from bert4ner.runs.combination import Combination
from bert4ner.runs.fitted import CalibrationKind
from bert4ner.scoring.counts import Counts, count_matches
from bert4ner.scoring.reliability import reliability


@dataclass(frozen=True)
class Search:
    """What of a combination is to be fitted, beside the model of `stacking`."""

    aim: Aim | None = None
    """What a threshold for every label is chosen for."""
    calibration: CalibrationKind = "none"
    quorum: bool = False
    """Whether the quorum that gives the best F is looked for."""

    def finds_something(self, combination: Combination) -> bool:
        """Whether there is anything to fit."""
        return bool(self.aim or self.quorum or self.calibration != "none" or combination.method == "stacking")


@dataclass(frozen=True)
class CrossFitted:
    """Held-out documents, each scored and selected from by what was fitted to the other folds."""

    scored: list[Document]
    """With all candidates."""
    selected: list[Document]


def fit(
    gold: Sequence[Document], evidence: Sequence[Evidence], combination: Combination, search: Search
) -> Combination:
    """The combination with what was fitted to these documents.

    Args:
        gold: of each of `evidence` the annotated document.
        evidence: from models that were not trained on the documents.
        combination: what is given; what is open in it is fitted.
        search: what is to be fitted, and to what aim.

    Raises:
        DataError: there are too few candidates to learn from.
    """
    if search.quorum:
        combination = replace(combination, quorum=_best_quorum(gold, evidence, combination, search.aim))
    if combination.method == "stacking":
        entities = [entity for each in evidence for entity in each.document.entities]
        chances = np.concatenate([each.chances for each in evidence], axis=1)  # (members, candidates)
        right = _truth(gold, [each.document for each in evidence])
        combination = replace(combination, stacker=fit_stacker([each.label for each in entities], chances, right))
    scored = [score_candidates(combination, each) for each in evidence]
    if search.calibration != "none":
        calibration = fit_calibration(search.calibration, all_scores(scored), _truth(gold, scored))
        combination = replace(combination, calibration=calibration)
        scored = [score_candidates(combination, each) for each in evidence]
    if search.aim is not None:
        thresholds = choose_thresholds(gold, scored, search.aim, combination.rule)
        combination = replace(combination, thresholds=thresholds)
    return combination


def _best_quorum(
    gold: Sequence[Document], evidence: Sequence[Evidence], combination: Combination, aim: Aim | None
) -> int:
    """The number of votes that gives the best F-beta, of equally good ones the lowest; F1 if a share is wished for."""
    square = aim.beta**2 if aim is not None else 1.0

    def f_beta(quorum: int) -> float:
        trial = replace(combination, quorum=quorum)
        total = Counts()
        for one, each in zip(gold, evidence, strict=True):
            found = select_entities(trial, score_candidates(trial, each))
            total += sum(count_matches(one.entities, found.entities).values(), start=Counts())
        return (1 + square) * total.hits / max(square * total.gold + total.predicted, 1.0)

    return max(range(1, len(combination.names) + 1), key=f_beta)


def all_scores(documents: Sequence[Document]) -> FloatArray:
    """The scores of all entities, (entities,), document by document."""
    return np.array([entity.score for each in documents for entity in each.entities], dtype=np.float64)


def _truth(gold: Sequence[Document], documents: Sequence[Document]) -> BoolArray:
    """Whether each entity of the documents is gold, bool (entities,)."""
    wanted = [set(each.entities) for each in gold]
    return np.array(
        [entity in right for right, each in zip(wanted, documents, strict=True) for entity in each.entities], dtype=bool
    )


def cross_fit(
    gold: Sequence[Document],
    evidence: Sequence[Evidence],
    folds: Sequence[int],
    combination: Combination,
    search: Search,
) -> CrossFitted:
    """Score and select each fold by a combination that was fitted to all other folds; if nothing is open, by this one.

    What these documents score is an estimate of what the combination fitted to all folds will give on new documents;
    it is not the number that was optimized.

    Args:
        gold: of each of `evidence` the annotated document.
        evidence: from models that were not trained on the documents.
        folds: of each of `evidence` the fold it belongs to; at least two different ones.
        combination: what is given; what is open in it is fitted.
        search: what is to be fitted, and to what aim.

    Returns:
        documents in the order of `evidence`.

    Raises:
        ValueError: not one fold for each document, or only one fold.
        DataError: there are too few candidates to learn from.
    """
    if not search.finds_something(combination):
        return apply(combination, evidence)
    if len(folds) != len(evidence) or len(set(folds)) < 2:
        raise ValueError(f"expected a fold for each of {len(evidence)} documents, two different ones, got {folds}")
    fitted: dict[int, Combination] = {}
    for fold in sorted(set(folds)):
        others = [place for place, each in enumerate(folds) if each != fold]
        fitted[fold] = fit(
            [gold[place] for place in others], [evidence[place] for place in others], combination, search
        )
    scored = [score_candidates(fitted[fold], each) for fold, each in zip(folds, evidence, strict=True)]
    return CrossFitted(scored, [select_entities(fitted[fold], each) for fold, each in zip(folds, scored, strict=True)])


def apply(combination: Combination, evidence: Sequence[Evidence]) -> CrossFitted:
    """Score and select all documents by one combination: honest where nothing in it was fitted to them."""
    scored = [score_candidates(combination, each) for each in evidence]
    return CrossFitted(scored, [select_entities(combination, each) for each in scored])


def describe_calibration(
    gold: Sequence[Document], before: Sequence[Document], after: Sequence[Document], kind: CalibrationKind
) -> Mapping[str, float | int | str]:
    """The expected calibration errors of scored candidates without and with calibration."""
    found = [reliability(all_scores(each).tolist(), _truth(gold, each).tolist()) for each in (before, after)]
    return {"kind": kind, "candidates": found[1].count, "ece_before": found[0].error, "ece_after": found[1].error}
