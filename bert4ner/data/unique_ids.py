"""Ids of documents made unique: a data set is joined, divided and corrected by them."""

from collections.abc import Iterable
from dataclasses import replace

from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown
from bert4ner.entities import Document


def make_unique(documents: Iterable[Document], repairs: Repairs) -> list[Document]:
    """All documents, a repeated id followed by `#2`, `#3` ...; each such change is counted."""
    result, seen = [], set()
    documents = list(documents)
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
