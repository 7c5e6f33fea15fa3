"""Chinese words by jieba."""

import logging
from functools import lru_cache
from types import ModuleType


def load_jieba() -> ModuleType:
    """The module, which then tells of nothing but warnings."""
    import jieba  # deferred: a second to start

    jieba.setLogLevel(logging.WARNING)
    module: ModuleType = jieba
    return module


@lru_cache(maxsize=4096)  # the windows of a few thousand documents, asked for again in every epoch
def cut_words(text: str) -> tuple[tuple[int, int], ...]:
    """The words of a text as characters [start, end), one after the other.

    Raises:
        EnvironmentProblem: jieba is not installed.

    Example:
        >>> cut_words("清热解毒")
        ((0, 4),)
    """
    return tuple((start, end) for _, start, end in load_jieba().tokenize(text))
