"""Compares a combination with its runs by its objective: each run alone, and all averaged with nothing fitted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bert4ner.combine.candidates import Evidence
from bert4ner.combine.fitting import apply
from bert4ner.combine.thresholds import Aim
from bert4ner.entities import Document
from bert4ner.runs.combination import FITTED_METHODS, Combination
from bert4ner.scoring.metrics import Scores, evaluate

BY_DEFAULT = Aim("f", 1.0)


def in_words(aim: Aim) -> str:
    """An objective in words.

    Example:
        >>> in_words(Aim.parse("f2")), in_words(Aim.parse("recall=0.9"))
        ('micro F2 (recall counts 2 times as much as precision)', 'micro recall (target for each label: 90 %)')
    """
    if aim.kind in ("recall", "precision"):
        return f"micro {aim.kind} (target for each label: {100 * aim.value:g} %)"
    name = f"{'macro' if aim.kind == 'macro-f' else 'micro'} F{aim.value:g}"
    return name if aim.value == 1 else f"{name} (recall counts {aim.value:g} times as much as precision)"


def reached(aim: Aim, scores: Scores) -> float:
    """The value of the objective for these scores, between 0 and 1."""
    if aim.kind == "recall":
        return scores.micro.recall
    if aim.kind == "precision":
        return scores.micro.precision
    if aim.kind == "f":
        return _f_beta(scores.micro.precision, scores.micro.recall, aim.beta)
    labels = [_f_beta(each.precision, each.recall, aim.beta) for each in scores.counts.values()]
    return sum(labels) / max(len(labels), 1)


def _f_beta(precision: float, recall: float, beta: float) -> float:
    divisor = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / divisor if divisor else 0.0


def compare_with_runs(
    gold: Sequence[Document],
    evidence: Sequence[Evidence],
    combination: Combination,
    alone: Sequence[Sequence[Document]],
    aim: Aim | None,
) -> Mapping[str, object]:
    """The objective, and its value for each run alone and for all runs averaged with nothing fitted.

    Args:
        gold: the annotated documents.
        evidence: one for each document of `gold`.
        combination: with nothing fitted.
        alone: the predictions of each run.
        aim: None means F1.
    """
    aim = aim or BY_DEFAULT
    method = "probability" if combination.method in FITTED_METHODS else combination.method
    together = apply(replace(combination, method=method), evidence).selected
    return {
        "aim": str(aim),
        "alone": [reached(aim, evaluate(gold, found)) for found in alone],
        "together": reached(aim, evaluate(gold, together)),
    }
