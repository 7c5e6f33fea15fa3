"""Segments Chinese text into words with jieba."""

import logging
from functools import lru_cache
from types import ModuleType


def load_jieba() -> ModuleType:
    """The module, with a quiet log: where it cannot write its cache, it would show a traceback and go on."""
    import jieba  # deferred: takes a second to start

    jieba.setLogLevel(logging.CRITICAL)
    module: ModuleType = jieba
    return module


@lru_cache(maxsize=4096)  # every epoch asks for the windows of a few thousand documents again
def cut_words(text: str) -> tuple[tuple[int, int], ...]:
    """The words of a text as ranges of characters [start, end), in order.

    Raises:
        EnvironmentProblem: jieba is not installed.

    Example:
        >>> cut_words("清热解毒")
        ((0, 4),)
    """
    return tuple((start, end) for _, start, end in load_jieba().tokenize(text))
