"""Puts corrected documents back into the data set that they came from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bert4ner.entities import Document
from bert4ner.errors import DataError, shown


def put_back(documents: Sequence[Document], corrected: Iterable[Document]) -> list[Document]:
    """The documents in their order; corrected ones with their new entities.

    Documents are matched by text, because annotation tools number what they import; documents with the same text are
    matched by id. Id and weight stay.

    Raises:
        DataError: the text of a corrected document is not in the data, occurs more than once without its id, or was
            corrected twice.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, document in enumerate(documents):
        places[document.text].append(place)
    ids = {document.id for document in documents}
    found: dict[int, Document] = {}
    for document in corrected:
        place = _place_of(document, documents, places[document.text], known_id=document.id in ids)
        if place in found:
            raise DataError(f"the document {shown(documents[place].id)} was corrected twice; keep one of the two")
        found[place] = replace(documents[place], entities=tuple(replace(e, score=None) for e in document.entities))
    return [found.get(place, document) for place, document in enumerate(documents)]


def _place_of(document: Document, documents: Sequence[Document], places: Sequence[int], *, known_id: bool) -> int:
    if len(places) == 1:
        return places[0]
    if not places:
        problem = "another text than in the data" if known_id else "a text that is not in the data"
        raise DataError(
            f"the corrected document {shown(document.id)} has {problem}: {shown(document.text)}; "
            "only annotation can be corrected, texts must stay as they are"
        )
    named = [place for place in places if documents[place].id == document.id]
    if len(named) != 1:
        alike = shown([documents[place].id for place in places])[1:-1]
        raise DataError(
            f"the corrected document {shown(document.id)} has the text of several: {alike}; give it the id of the one "
            "meant"
        )
    return named[0]
