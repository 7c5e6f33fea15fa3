"""Pairs documents by their texts where ids cannot.

Readers make ids from a file's name where documents have none, and every annotation tool numbers its documents anew.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from bert4ner.data.repairs import Repairs
from bert4ner.data.unique_ids import make_unique
from bert4ner.entities import Document

_ADVICE = (
    "; the texts are the same: ids come from the file's name where documents have none, use the original name or a "
    "column id"
)


def named_alike(documents: Sequence[Document], like: Sequence[Document]) -> list[Document] | None:
    """The documents with the ids of those in `like` that have the same text, in that order, then the others.

    None unless it is safe: no id stands for the same text in both, each text of `like` is as often among the documents,
    and documents with one text do not differ in anything but their ids. Other documents whose id is then taken get a
    new one.

    Example:
        >>> named = named_alike([Document("b-1", "人参"), Document("b-2", "当归")], [Document("a-1", "当归")])
        >>> [(document.id, document.text) for document in named]
        [('a-1', '当归'), ('b-1', '人参')]
    """
    wanted, found = _by_text(like), _by_text(documents)
    texts = {document.id: document.text for document in like}
    if not like or any(texts.get(document.id) == document.text for document in documents):
        return None
    if any(len(found.get(text, ())) != len(group) for text, group in wanted.items()):
        return None
    if any(replace(each, id=found[text][0].id) != found[text][0] for text in wanted for each in found[text]):
        return None
    named = [replace(found[document.text][0], id=document.id) for document in like]
    return make_unique([*named, *(document for document in documents if document.text not in wanted)], Repairs())


def with_own_ids(named: Sequence[Document], documents: Sequence[Document]) -> list[Document]:
    """What `named_alike` gave other ids, or some of it, with the ids of `documents` again, each id once.

    Example:
        >>> [document.id for document in with_own_ids([Document("a-1", "当归")], [Document("b-2", "当归")])]
        ['b-2']
    """
    ids = {text: iter([document.id for document in group]) for text, group in _by_text(documents).items()}
    return [replace(document, id=next(ids[document.text])) for document in named]


def advice_on_ids(documents: Sequence[Document], like: Sequence[Document]) -> str:
    """A phrase for the end of a message about ids: what to do if all texts of `like` are there; else empty."""
    texts = {document.text for document in documents}
    return _ADVICE if like and all(document.text in texts for document in like) else ""


def _by_text(documents: Sequence[Document]) -> dict[str, list[Document]]:
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document.text].append(document)
    return dict(groups)
