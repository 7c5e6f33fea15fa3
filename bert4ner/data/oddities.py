"""Characters, mentions and labels that are rarely intended, or rare."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

from bert4ner.entities import Document, Entity
from bert4ner.phrases import Phrase, phrase

EDGE_PUNCTUATION = "，。；、：,;:"


def odd_about(document: Document, entity: Entity) -> Iterator[Phrase]:
    """The oddities of a mention, in a few words each."""
    mention = document.mention(entity)
    if mention != mention.strip():
        yield phrase("odd.space")
    if mention[0] in EDGE_PUNCTUATION or mention[-1] in EDGE_PUNCTUATION:
        yield phrase("odd.punctuation")
    if "\n" in mention or "\r" in mention:
        yield phrase("odd.line")
    if any(map(is_suspicious, mention)):
        yield phrase("odd.character")


def is_suspicious(character: str) -> bool:
    """Control, format (zero-width), private-use and unassigned characters, and the replacement character."""
    if character in "\t\r\n":
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn")


def what_is_lacked(vocabulary: Collection[str]) -> Callable[[str], bool]:
    """Whether a character other than white space is missing from some tokens, also in lower case."""
    known = vocabulary if isinstance(vocabulary, set | frozenset | dict) else set(vocabulary)
    return lambda character: not character.isspace() and character not in known and character.lower() not in known


def spread_of_labels(documents: Iterable[Document]) -> Counter[str]:
    """The number of documents with each label."""
    return Counter(label for document in documents for label in {entity.label for entity in document.entities})


def alike(labels: Iterable[str]) -> list[str]:
    """The labels that differ from another one only in punctuation, spaces, width or case, those alike side by side.

    Example:
        >>> alike(["公司", "人", "公司。"])
        ['公司', '公司。']
    """
    groups: dict[str, list[str]] = {}
    for label in sorted(labels):
        plain = unicodedata.normalize("NFKC", label).casefold()
        bare = "".join(filter(str.isalnum, plain))
        groups.setdefault(bare or plain, []).append(label)
    return [label for group in groups.values() if len(group) > 1 for label in group]
