"""Mentions that differ from the covered text only in white space or the width of characters: read and counted."""

import unicodedata

from bert4ner.data.records import Span, agrees
from bert4ner.data.repairs import Repairs


def mend_mention(text: str, span: Span, repairs: Repairs, where: str) -> None:
    """Replace the mention of a span by the covered text if they differ only in white space and width."""
    if span.mention is None or span.fragments or not 0 <= span.start < span.end <= len(text):
        return
    found = text[span.start : span.end]
    if not agrees(found, span.mention) and _bare(found) == _bare(span.mention):
        span.mention = found
        repairs.note("mentions that differ from the text in white space or width read as it stands there", where)


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
