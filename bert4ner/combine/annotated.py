"""The documents that runs held out, as annotated: what a combination is fitted to and scored on."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.combine.members import MemberRun
from bert4ner.entities import Document, sorted_labels
from bert4ner.errors import ConfigError, DataError
from bert4ner.runs.gold import match_gold
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.folds import assign_folds

logger = logging.getLogger(__name__)

_NUM_FOLDS = 5  # for what is fitted to runs that have one fold only


@dataclass(frozen=True)
class Annotated:
    """The held-out documents as annotated, in their order."""

    gold: list[Document]
    folds: list[int]
    """The fold of each: what is fitted for it is fitted to the others."""


def annotate(runs: Sequence[MemberRun], gold: Sequence[Document]) -> Annotated:
    """The annotation of what the runs held out.

    Args:
        runs: the runs to combine, opened.
        gold: documents, those that the runs held out among them.

    Raises:
        DataError: gold lacks documents, or has labels that the runs do not know.
    """
    wanted = known_gold(runs, gold)
    for run in runs:
        if evaluate(wanted, run.predicted).counts != run.record.scores.counts:
            logger.warning("%s was scored on other annotation than the one given", run.path)
    return Annotated(wanted, _folds(runs[0]))


def known_gold(runs: Sequence[MemberRun], gold: Sequence[Document]) -> list[Document]:
    """The gold documents of what the runs held out, in their order; errors as for `annotate`."""
    first = runs[0].record
    wanted = match_gold(first, gold)
    unknown = sorted(set(sorted_labels(wanted)) - set(first.labels))
    if unknown:
        raise DataError(
            f"gold has labels that the runs do not know: {', '.join(unknown)}; they know {', '.join(first.labels)}"
        )
    return wanted


def _folds(first: MemberRun) -> list[int]:
    """Of each held-out document a fold: that of the first run, or, if that is always the same, of a division made here.

    So it is, too, where documents are held out in several.
    """
    held_out_in = [first.record.held_out_in[document.id] for document in first.predicted]
    if first.record.num_folds > 1 and all(len(folds) == 1 for folds in held_out_in):
        return [fold for (fold,) in held_out_in]
    num_folds = min(_NUM_FOLDS, len({document.text for document in first.predicted}))
    return [0] * len(first.predicted) if num_folds < 2 else assign_folds(first.predicted, num_folds, seed=0)


def check_fitting(annotated: Annotated | None) -> None:
    """Refuse to fit anything to no annotation, or to too little of it.

    Raises:
        ConfigError: there is none.
        DataError: all texts are the same one.
    """
    if annotated is None:
        raise ConfigError(
            "thresholds, calibration, quorum and stacking are fitted to annotated documents; give those that the runs "
            "were made from"
        )
    if len(set(annotated.folds)) < 2:
        raise DataError("what is fitted needs held-out documents with at least 2 different texts")
