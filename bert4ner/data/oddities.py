"""Characters, mentions and labels that are seldom meant, or seldom there."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

from bert4ner.entities import Document, Entity

EDGE_PUNCTUATION = "，。；、：,;:"


def odd_about(document: Document, entity: Entity) -> Iterator[str]:
    """What is odd about a mention, in a few words each."""
    mention = document.mention(entity)
    if mention != mention.strip():
        yield "white space at the edge"
    if mention[0] in EDGE_PUNCTUATION or mention[-1] in EDGE_PUNCTUATION:
        yield "punctuation at the edge"
    if "\n" in mention or "\r" in mention:
        yield "a line break"
    if any(map(is_suspicious, mention)):
        yield "invisible or broken characters"


def is_suspicious(character: str) -> bool:
    """Control, format (zero-width), private-use and unassigned characters, and the sign for a broken one."""
    if character in "\t\r\n":
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn")


def what_is_lacked(vocabulary: Collection[str]) -> Callable[[str], bool]:
    """Whether a character that is no white space is not among some tokens, nor its small letter."""
    known = vocabulary if isinstance(vocabulary, set | frozenset | dict) else set(vocabulary)
    return lambda character: not character.isspace() and character not in known and character.lower() not in known


def spread_of_labels(documents: Iterable[Document]) -> Counter[str]:
    """In how many documents each label is."""
    return Counter(label for document in documents for label in {entity.label for entity in document.entities})
