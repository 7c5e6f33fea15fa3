"""Makes ids of documents unique, because data sets are joined, divided and corrected by them."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from bert4ner.data.repairs import Repairs
from bert4ner.entities import Document
from bert4ner.errors import shown


def make_unique(documents: Iterable[Document], repairs: Repairs) -> list[Document]:
    """All documents, a repeated id followed by `#2`, `#3` ...; each such change is counted."""
    documents = list(documents)
    if _ascend(documents):
        return documents  # the usual case, ids that a reader made: nothing further stands in memory
    if all(one != other for one, other in pairwise(sorted(document.id for document in documents))):
        return documents  # a set of them would take more memory than the documents
    result, seen = [], set()
    taken = {document.id for document in documents}
    numbers: dict[str, int] = {}
    for document in documents:
        if document.id in seen:
            number = numbers.get(document.id, 2)
            while f"{document.id}#{number}" in taken:
                number += 1
            numbers[document.id] = number + 1
            repairs.note("repeated document ids made unique", f"id {shown(document.id)}")
            document = replace(document, id=f"{document.id}#{number}")
            taken.add(document.id)
        seen.add(document.id)
        result.append(document)
    return result


def _ascend(documents: Iterable[Document]) -> bool:
    """Whether each id is longer than the previous one, or as long and behind it in order, as numbers are."""
    before = (-1, "")
    for document in documents:
        id = document.id
        if (len(id), id) <= before:
            return False
        before = len(id), id
    return True
