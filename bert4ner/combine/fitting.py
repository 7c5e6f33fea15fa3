"""Fits a combination to out-of-fold candidates, and estimates what that gains on folds not used for fitting.

Pure functions over evidence. Numbers chosen on some documents give optimistic scores on the same documents. Therefore
`cross_fit` scores and selects each fold with quorum, model, calibration and thresholds fitted to all other folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bert4ner.combine.applying import score_candidates, select_entities
from bert4ner.combine.candidates import Evidence
from bert4ner.combine.learning import BoolArray, FloatArray, fit_calibration, fit_stacker
from bert4ner.combine.rescoring import fit_rescorer
from bert4ner.combine.thresholds import Aim, choose_thresholds
from bert4ner.entities import Document
from bert4ner.runs.combination import FITTED_METHODS, Combination
from bert4ner.runs.fitted import CalibrationKind
from bert4ner.scoring.counts import Counts, count_matches
from bert4ner.scoring.reliability import reliability

_PARTS = 3
"""Into how many parts documents are divided to score each by a model of the others."""


@dataclass(frozen=True)
class Search:
    """What to fit in a combination, beside the model of `stacking` or `rescoring`."""

    aim: Aim | None = None
    """The objective that the label thresholds are chosen for."""
    calibration: CalibrationKind = "none"
    quorum: bool = False
    """Whether to search for the quorum with the best F."""

    def finds_something(self, combination: Combination) -> bool:
        """Whether there is anything to fit."""
        return bool(self.aim or self.quorum or self.calibration != "none" or combination.method in FITTED_METHODS)


@dataclass(frozen=True)
class CrossFitted:
    """Held-out documents, each scored and selected by what was fitted to the other folds."""

    scored: list[Document]
    """With all candidates."""
    selected: list[Document]
    fitted: list[Combination]
    """The combination that each document was scored by."""


def fit(
    gold: Sequence[Document],
    evidence: Sequence[Evidence],
    combination: Combination,
    search: Search,
    others: Sequence[Document] = (),
) -> Combination:
    """Fit a combination to these documents.

    Args:
        gold: the annotated document for each element of `evidence`.
        evidence: from models that were not trained on the documents.
        combination: what is given; its open parts are fitted.
        search: what to fit, and the objective.
        others: more annotated documents, whose mentions `rescoring` counts.

    Raises:
        DataError: there are too few candidates to learn from.
    """
    if search.quorum:
        combination = replace(combination, quorum=_best_quorum(gold, evidence, combination, search.aim))
    combination = _with_model(gold, evidence, combination, others)
    scorers = [combination] * len(evidence)
    if combination.method == "rescoring" and (search.aim is not None or search.calibration != "none"):
        scorers = _models_of_others(gold, evidence, combination, others)  # on its own documents the network is too sure
    scored = [score_candidates(scorer, each) for scorer, each in zip(scorers, evidence, strict=True)]
    if search.calibration != "none":
        calibration = fit_calibration(search.calibration, all_scores(scored), _truth(gold, scored))
        combination = replace(combination, calibration=calibration)
        scorers = [replace(scorer, calibration=calibration) for scorer in scorers]
        scored = [score_candidates(scorer, each) for scorer, each in zip(scorers, evidence, strict=True)]
    if search.aim is not None:
        thresholds = choose_thresholds(gold, scored, search.aim, combination.rule)
        combination = replace(combination, thresholds=thresholds)
    return combination


def _with_model(
    gold: Sequence[Document], evidence: Sequence[Evidence], combination: Combination, others: Sequence[Document]
) -> Combination:
    """The combination with the model that its method fits."""
    if combination.method not in FITTED_METHODS:
        return combination
    right = [_truth([one], [each.document]) for one, each in zip(gold, evidence, strict=True)]
    if combination.method == "rescoring":
        return replace(combination, rescorer=fit_rescorer(gold, evidence, right, others))
    labels = [entity.label for each in evidence for entity in each.document.entities]
    probabilities = np.concatenate([each.probabilities for each in evidence], axis=1)  # (members, candidates)
    return replace(combination, stacker=fit_stacker(labels, probabilities, np.concatenate(right)))


def _models_of_others(
    gold: Sequence[Document], evidence: Sequence[Evidence], combination: Combination, others: Sequence[Document]
) -> list[Combination]:
    """For each document the combination with a model that was fitted to documents of other parts."""
    fitted = []
    for part in range(_PARTS):
        rest = [place for place in range(len(gold)) if place % _PARTS != part]
        fitted.append(
            _with_model([gold[each] for each in rest], [evidence[each] for each in rest], combination, others)
        )
    return [fitted[place % _PARTS] for place in range(len(gold))]


def _best_quorum(
    gold: Sequence[Document], evidence: Sequence[Evidence], combination: Combination, aim: Aim | None
) -> int:
    """The lowest number of votes with the best F-beta; beta is 1 if the objective is a recall or precision."""
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
    """The scores of all entities (entities,), document by document."""
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
    others: Sequence[Document] = (),
) -> CrossFitted:
    """Score and select each fold by a combination fitted to all other folds; if nothing is to be fitted, by this one.

    The score of these documents estimates what the combination fitted to all folds will reach on new documents; it is
    not the score that was optimized.

    Args:
        gold: the annotated document for each element of `evidence`.
        evidence: from models that were not trained on the documents.
        folds: the fold of each element of `evidence`; at least two different ones.
        combination: what is given; its open parts are fitted.
        search: what to fit, and the objective.
        others: see `fit`.

    Returns:
        the documents, in the order of `evidence`.

    Raises:
        ValueError: `folds` has another length than `evidence`, or there is only one fold.
        DataError: there are too few candidates to learn from.
    """
    if not search.finds_something(combination):
        return apply(combination, evidence)
    if len(folds) != len(evidence) or len(set(folds)) < 2:
        raise ValueError(f"expected a fold for each of {len(evidence)} documents, two different ones, got {folds}")
    fitted: dict[int, Combination] = {}
    for fold in sorted(set(folds)):
        rest = [place for place, each in enumerate(folds) if each != fold]
        fitted[fold] = fit(
            [gold[place] for place in rest], [evidence[place] for place in rest], combination, search, others
        )
    return apply_each([fitted[fold] for fold in folds], evidence)


def apply(combination: Combination, evidence: Sequence[Evidence]) -> CrossFitted:
    """Score and select all documents by one combination: unbiased if nothing in it was fitted to them."""
    return apply_each([combination] * len(evidence), evidence)


def apply_each(combinations: Sequence[Combination], evidence: Sequence[Evidence]) -> CrossFitted:
    """Score and select each document by its own combination."""
    scored = [score_candidates(own, each) for own, each in zip(combinations, evidence, strict=True)]
    selected = [select_entities(own, each) for own, each in zip(combinations, scored, strict=True)]
    return CrossFitted(scored, selected, list(combinations))


def describe_calibration(
    gold: Sequence[Document], before: Sequence[Document], after: Sequence[Document], kind: CalibrationKind
) -> Mapping[str, float | int | str]:
    """The expected calibration error of scored candidates, without and with calibration."""
    found = [reliability(all_scores(each).tolist(), _truth(gold, each).tolist()) for each in (before, after)]
    return {"kind": kind, "candidates": found[1].count, "ece_before": found[0].error, "ece_after": found[1].error}
