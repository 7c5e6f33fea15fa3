"""What the models of a run found in the documents that they did not see: out_of_fold.jsonl, read and checked."""

from pathlib import Path

from bert4ner.data.documents import read_documents
from bert4ner.entities import Document
from bert4ner.errors import DataError, RunError
from bert4ner.runs.files import damaged, existing, number
from bert4ner.runs.layout import OUT_OF_FOLD

_HIGHEST_SCORE = 1.001  # a probability, rounded


def read_predicted(run: Path) -> list[Document]:
    """The held-out documents of a run with what was found in them, for whoever needs nothing else of it.

    Raises:
        RunError: they are missing or damaged.
    """
    path = existing(run / OUT_OF_FOLD)
    try:
        documents = read_documents(path, "jsonl", annotated=False)
    except DataError as error:
        raise RunError(str(error)) from None
    except RecursionError:  # of the message that shows what was found
        raise damaged(path, "JSON nested too deeply to show") from None
    for document in documents:
        for entity in document.entities:
            if entity.score is not None:
                number(entity.score, f"a score of {document.id!r}", path, low=0, high=_HIGHEST_SCORE)
    return documents
