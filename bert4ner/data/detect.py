"""Detects the format of a file: looks at the file once, asks every format, and chooses the most certain one."""

import logging
from pathlib import Path

from bert4ner.data.format import Format
from bert4ner.data.lookalikes import refusal
from bert4ner.data.peek import Peek, peek
from bert4ner.errors import DataError
from bert4ner.registry import FORMATS

logger = logging.getLogger(__name__)


def detect_format(path: str | Path) -> str:
    """The name of the format, by content; file names and suffixes decide only if the content does not.

    Raises:
        DataError: the file is missing, empty or not UTF-8, its JSON has a shape of no format, or its lines look
            annotated but fit no format.
    """
    seen = peek(path)
    sure = {name: _sureness(name, format, seen) for name, format in FORMATS.items()}
    best = max(sure, key=sure.__getitem__)
    if sure[best] <= 0:
        raise DataError(refusal(seen) or seen.problem)
    return best


def _sureness(name: str, format: Format, seen: Peek) -> float:
    """The format's certainty; an error in it (in another package's format, perhaps) does not stop the others."""
    if format.sniff is None:
        return 0.0
    try:
        return format.sniff(seen)
    except Exception as error:
        logger.warning(
            "%s: the format %s failed to check whether this is its own (%s: %s) and is skipped",
            seen.path,
            name,
            type(error).__name__,
            error,
        )
        return 0.0
