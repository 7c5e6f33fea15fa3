"""The annotated documents that runs held out: a combination is fitted to them and scored on them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from bert4ner.combine.members import MemberRun
from bert4ner.entities import Document, sorted_labels
from bert4ner.errors import ConfigError, DataError
from bert4ner.runs.gold import match_gold, with_ids_of_run
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.folds import assign_folds

logger = logging.getLogger(__name__)

_NUM_FOLDS = 5  # for fitting to runs that have a single fold


@dataclass(frozen=True)
class Annotated:
    """The annotated held-out documents, in their order."""

    gold: list[Document]
    folds: list[int]
    """The fold of each document; whatever is applied to a document was fitted to the other folds."""
    others: list[Document] = field(default_factory=list)
    """The annotated documents that the runs did not hold out; `rescoring` counts their mentions."""


def annotate(runs: Sequence[MemberRun], gold: Sequence[Document]) -> Annotated:
    """The annotation of the documents that the runs held out.

    Args:
        runs: the runs to combine, opened.
        gold: annotated documents, including all that the runs held out.

    Raises:
        DataError: gold lacks documents, or has labels that the runs do not know.
    """
    gold = with_ids_of_run(runs[0].path, runs[0].predicted, gold)  # else all would be `others` as well
    wanted = known_gold(runs, gold)
    for run in runs:
        if evaluate(wanted, run.predicted).counts != run.record.scores.counts:
            logger.warning("%s was scored on another annotation than the one given", run.path)
    held_out = {document.id for document in wanted}
    return Annotated(wanted, _folds(runs[0]), [document for document in gold if document.id not in held_out])


def known_gold(runs: Sequence[MemberRun], gold: Sequence[Document]) -> list[Document]:
    """The gold documents that the runs held out, in their order; raises as `annotate`."""
    first = runs[0].record
    wanted = match_gold(first, gold)
    unknown = sorted(set(sorted_labels(wanted)) - set(first.labels))
    if unknown:
        raise DataError(
            f"gold has labels that the runs do not know: {', '.join(unknown)}; they know {', '.join(first.labels)}"
        )
    return wanted


def _folds(first: MemberRun) -> list[int]:
    """A fold for each held-out document: the first run's, or, if it has only one, a fold of a new division.

    Documents that are held out in several folds are also divided anew.
    """
    held_out_in = [first.record.held_out_in[document.id] for document in first.predicted]
    if first.record.num_folds > 1 and all(len(folds) == 1 for folds in held_out_in):
        return [fold for (fold,) in held_out_in]
    num_folds = min(_NUM_FOLDS, len({document.text for document in first.predicted}))
    return [0] * len(first.predicted) if num_folds < 2 else assign_folds(first.predicted, num_folds, seed=0)


def check_fitting(annotated: Annotated | None) -> None:
    """Refuse to fit anything without annotation or with too little of it.

    Raises:
        ConfigError: there is no annotation.
        DataError: all texts are equal.
    """
    if annotated is None:
        raise ConfigError(
            "thresholds, calibration, quorum and stacking are fitted to annotated documents; give those that the runs "
            "were made from"
        )
    if len(set(annotated.folds)) < 2:
        raise DataError("fitting needs held-out documents with at least 2 different texts")
