"""What a combination was to give, and what it gives beside the runs as they are: each alone, and averaged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bert4ner.combine.applying import Evidence
from bert4ner.combine.fitting import apply
from bert4ner.combine.thresholds import Aim
from bert4ner.entities import Document
from bert4ner.runs.combination import Combination
from bert4ner.scoring.metrics import Scores, evaluate

BY_DEFAULT = Aim("f", 1.0)


def in_words(aim: Aim) -> str:
    """What an aim means.

    Example:
        >>> in_words(Aim.parse("f2")), in_words(Aim.parse("recall=0.9"))
        ('micro F2 (recall counts 2 times as much as precision)', 'micro recall (each label was to reach 90 %)')
    """
    if aim.kind in ("recall", "precision"):
        return f"micro {aim.kind} (each label was to reach {100 * aim.value:g} %)"
    name = f"{'macro' if aim.kind == 'macro-f' else 'micro'} F{aim.value:g}"
    return name if aim.value == 1 else f"{name} (recall counts {aim.value:g} times as much as precision)"


def reached(aim: Aim, scores: Scores) -> float:
    """How much of what was aimed at these scores are, between 0 and 1."""
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
    """The aim, and what of it each run gives as it decodes and all give together with nothing fitted.

    Args:
        gold: as annotated.
        evidence: of each of `gold`.
        combination: with nothing fitted.
        alone: of each run what it found.
        aim: None stands for F1.
    """
    aim = aim or BY_DEFAULT
    method = "probability" if combination.method == "stacking" else combination.method
    together = apply(replace(combination, method=method), evidence).selected
    return {
        "aim": str(aim),
        "alone": [reached(aim, evaluate(gold, found)) for found in alone],
        "together": reached(aim, evaluate(gold, together)),
    }
