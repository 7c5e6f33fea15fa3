"""Finds the annotation of a run's held-out documents, which the run does not store."""

import logging
from collections.abc import Sequence
from pathlib import Path

from bert4ner.entities import Document
from bert4ner.errors import DataError, shown
from bert4ner.runs.record import RunRecord
from bert4ner.scoring.pairing import advice_on_ids, named_alike

logger = logging.getLogger(__name__)


def match_gold(record: RunRecord, documents: Sequence[Document]) -> list[Document]:
    """The gold documents of the held-out ones, in the order of `record.predicted`; others are left out.

    Where ids mean other texts they are paired by text, see `with_ids_of_run`.

    Raises:
        DataError: a held-out document is missing, or has another text.
    """
    return match_predicted(record.path, record.predicted, documents)


def match_predicted(run: Path, predicted: Sequence[Document], documents: Sequence[Document]) -> list[Document]:
    """As `match_gold`, for callers that read only the predictions of a run or of one of its folds."""
    gold = {document.id: document for document in with_ids_of_run(run, predicted, documents)}
    missing = [document.id for document in predicted if document.id not in gold]
    if missing:
        absent = [document for document in predicted if document.id not in gold]
        raise DataError(
            f"gold lacks {len(missing)} of the {len(predicted)} documents that {run} was scored on, "
            f"e.g. {shown(missing[0])}; give the data that the run was made from{advice_on_ids(documents, absent)}"
        )
    changed = [document.id for document in predicted if document.text != gold[document.id].text]
    if changed:
        raise DataError(
            f"the texts of {len(changed)} gold documents are not those that {run} was scored on, "
            f"e.g. of {shown(changed[0])}; give the data that the run was made from"
        )
    return [gold[document.id] for document in predicted]


def with_ids_of_run(run: Path, predicted: Sequence[Document], documents: Sequence[Document]) -> Sequence[Document]:
    """The documents, those that the run held out with its ids: where all texts agree but no id, see `named_alike`.

    Whoever looks for documents of the run among the given ones by their ids takes these.
    """
    named = named_alike(documents, predicted)
    if named is None:
        return documents
    logger.info("gold has other ids than %s; paired by text", run)
    return named
