"""The predictions of a run's models for documents that they did not see, read and checked."""

from pathlib import Path

from bert4ner.data.documents import read_documents
from bert4ner.entities import Document
from bert4ner.errors import DataError, RunError, shown
from bert4ner.runs.files import RUN_FILES
from bert4ner.runs.layout import OUT_OF_FOLD

_HIGHEST_SCORE = 1.001  # a probability, rounded


def read_predicted(run: Path) -> list[Document]:
    """The held-out documents of a run with predicted entities, for callers that need nothing else of it.

    Raises:
        RunError: they are missing or damaged.
    """
    return read_predictions(run / OUT_OF_FOLD)


def read_predictions(path: Path) -> list[Document]:
    """The documents in a file of predictions, those of a run or of one fold; raises as `read_predicted`."""
    RUN_FILES.check_present(path)
    try:
        documents = read_documents(path, "jsonl", annotated=False)
    except DataError as error:
        raise RunError(str(error)) from None
    for document in documents:
        for entity in document.entities:
            if entity.score is not None and not 0 <= entity.score <= _HIGHEST_SCORE:
                what = f"expected scores in [0, 1] in the document {shown(document.id)}, found {entity.score}"
                raise RUN_FILES.refusal(path, what)
    return documents
