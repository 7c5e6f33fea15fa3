"""Which format a file is in: every format is asked, after one look at the file, and the surest gets it."""

import logging
from pathlib import Path

from bert4ner.data.format import Format
from bert4ner.data.lookalikes import refusal
from bert4ner.data.peek import Peek, peek
from bert4ner.errors import DataError
from bert4ner.registry import FORMATS

logger = logging.getLogger(__name__)


def detect_format(path: str | Path) -> str:
    """The name of the format, by content; names and endings are asked only where content cannot tell.

    Raises:
        DataError: nothing there, nothing in it, no UTF-8, JSON of a shape that no format has, or lines that look
            annotated as no format has it.
    """
    seen = peek(path)
    sure = {name: _sureness(name, format, seen) for name, format in FORMATS.items()}
    best = max(sure, key=sure.__getitem__)
    if sure[best] <= 0:
        raise DataError(refusal(seen) or seen.problem)
    return best


def _sureness(name: str, format: Format, seen: Peek) -> float:
    """What the format says; one that fails at it (another package's, perhaps) does not keep others from their files."""
    if format.sniff is None:
        return 0.0
    try:
        return format.sniff(seen)
    except Exception as error:
        logger.warning(
            "%s: the format %s fails to tell whether this is its own (%s: %s); it is not asked",
            seen.path,
            name,
            type(error).__name__,
            error,
        )
        return 0.0
