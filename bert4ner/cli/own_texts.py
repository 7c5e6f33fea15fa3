"""Gold texts that a run was made from: what `evaluate` says about scores on them. Scores only the other texts."""

import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.runs.layout import find_out_of_fold

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OwnTexts:
    """The documents that a run held out, some of whose texts are among the gold documents."""

    out_of_fold: Path
    """The file with its predictions for them."""
    documents: tuple[Document, ...]

    def split(self, gold: Sequence[Document]) -> tuple[list[Document], list[Document]]:
        """The gold documents whose texts are the run's, and the others."""
        texts = {document.text for document in self.documents}
        own = [document for document in gold if document.text in texts]
        return own, [document for document in gold if document.text not in texts]


def find_own_texts(run: Path, gold: Sequence[Document]) -> OwnTexts | None:
    """The documents of the run that a path is or lies in, with a warning; None if none of their texts is in gold.

    Raises:
        RunError: the predictions of the run are damaged.
    """
    from bert4ner.runs.predicted import read_predicted

    path = find_out_of_fold(run)
    if path is None:
        return None
    found = OwnTexts(path, tuple(read_predicted(path.parent)))
    own, _ = found.split(gold)
    if not own:
        return None
    logger.warning(
        "%d of %d gold texts were used to make this run, so its scores on them are optimistic; "
        "%s holds predictions of models that did not see them",
        len(own),
        len(gold),
        path,
    )
    return found


def advice(texts: OwnTexts, gold: Sequence[Document], predicted: Sequence[Document], path: Path) -> str:
    """The last line under optimistic scores: how many texts are the run's, and where scores are that are not.

    Args:
        texts: the documents of the run.
        gold: the documents that were scored.
        predicted: what the run predicts in them, in their order.
        path: the file of `gold`.
    """
    own, others = texts.split(gold)
    said = "These scores are optimistic: "
    known = bool(others) and _learned_only_from_held_out(texts.out_of_fold.parent)
    if not others:
        said += "the run was made from these texts."
    elif known:
        said += f"the run was made from {len(own)} of these {len(gold)} texts. "
        said += f"On the other {len(others)}: micro F1 {_micro_f1(others, predicted)}."
    else:  # it also learned from documents whose texts it does not store
        said += f"the run was made from at least {len(own)} of these {len(gold)} texts."
    if _holds_all(texts, gold):
        return f"{said} For held-out scores: {shlex.join(['bert4ner', 'evaluate', str(texts.out_of_fold), str(path)])}"
    if known:
        return said
    return f"{said} For scores that are not, evaluate on texts that it was not made from"


def _holds_all(texts: OwnTexts, gold: Sequence[Document]) -> bool:
    """Whether the file of out-of-fold predictions can be scored on these documents."""
    from bert4ner.runs.gold import match_predicted

    try:
        match_predicted(texts.out_of_fold.parent, texts.documents, gold)
    except DataError:
        return False
    return True


def _learned_only_from_held_out(run: Path) -> bool:
    """Whether every document that the models learned from was held out from some of them, so that its text is known."""
    from bert4ner.runs.folds import read_folds
    from bert4ner.runs.record import CombinedRun, open_run

    record = open_run(run)
    members = record.member_folders() if isinstance(record, CombinedRun) else [(run,)]
    folds = [read_folds(folder) for member in members for folder in member]
    return all(
        each.number > 1 and not each.further and not each.taught and all(each.held_out_in.values()) for each in folds
    )


def _micro_f1(gold: Sequence[Document], predicted: Sequence[Document]) -> str:
    from bert4ner.cli.printing import percent
    from bert4ner.scoring.metrics import evaluate

    ids = {document.id for document in gold}
    return percent(evaluate(gold, [each for each in predicted if each.id in ids]).micro.f1)
