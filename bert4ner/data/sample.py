"""The annotated sample bundled with the library."""

from bert4ner.bundled import SAMPLE, bundled
from bert4ner.data.documents import read_documents
from bert4ner.entities import Document


def sample_documents() -> list[Document]:
    """129 leaflets of Chinese medicines with 2,791 entities of 13 labels, written as a sample for this library.

    Raises:
        EnvironmentProblem: the file is missing.

    Example:
        >>> import bert4ner
        >>> documents = bert4ner.sample_documents()
        >>> len(documents), sum(len(document.entities) for document in documents)
        (129, 2791)
    """
    return read_documents(bundled(SAMPLE), "jsonl")
