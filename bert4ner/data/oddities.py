"""Characters and mentions that are seldom meant."""

import unicodedata
from collections.abc import Iterator

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
