"""Finds the annotation of what a run held out, which the run itself does not keep."""

from collections.abc import Sequence

from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.runs.record import RunRecord


def match_gold(record: RunRecord, documents: Sequence[Document]) -> list[Document]:
    """The gold documents of the held-out ones, in the order of `record.predicted`; others are left out.

    Raises:
        DataError: a held-out document is missing, or its text is another.
    """
    gold = {document.id: document for document in documents}
    missing = [document.id for document in record.predicted if document.id not in gold]
    if missing:
        raise DataError(
            f"gold lacks {len(missing)} of the {len(record.predicted)} documents that {record.path} was scored on, "
            f"e.g. {missing[0]!r}; give the data that the run was made from"
        )
    changed = [document.id for document in record.predicted if document.text != gold[document.id].text]
    if changed:
        raise DataError(
            f"the texts of {len(changed)} gold documents are not those that {record.path} was scored on, "
            f"e.g. of {changed[0]!r}; give the data that the run was made from"
        )
    return [gold[document.id] for document in record.predicted]
