"""Who calls training from Python sees its log lines, too: in a script, in a pipe, and in a notebook's cell."""

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

_LOGGER = logging.getLogger("bert4ner")


def console() -> TextIO:
    """Where lines for people go: standard error; in a notebook standard output, which is not shown as a failure."""
    return sys.stdout if _in_a_notebook() else sys.stderr


def _in_a_notebook() -> bool:
    """Whether a kernel runs this code, not only somebody who has imported one."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


@contextmanager
def telling(verbose: int) -> Iterator[None]:
    """Show the library's log lines meanwhile, unless somebody has arranged already that they go somewhere.

    That is so where the library's logger has a handler of its own (the command line gives it one), or the root logger
    has and the level lets lines through. Others' handlers get what they would have got.

    Args:
        verbose: 0 shows nothing, warnings apart.
    """
    arranged = _LOGGER.handlers or (_LOGGER.hasHandlers() and _LOGGER.isEnabledFor(logging.INFO))
    if not verbose or arranged:
        yield
        return
    level, before = _LOGGER.level, _LOGGER.getEffectiveLevel()
    others = list(logging.getLogger().handlers)
    handler = _ToConsole()
    if others:
        handler.addFilter(lambda record: record.levelno < before)  # the rest is theirs
    with ExitStack() as undo:
        for other in others:
            undo.enter_context(_without(other, below=before))
        _LOGGER.addHandler(handler)
        undo.callback(_LOGGER.removeHandler, handler)
        undo.callback(_LOGGER.setLevel, level)
        _LOGGER.setLevel(logging.INFO)
        yield


class _ToConsole(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=console(), flush=True)


@contextmanager
def _without(handler: logging.Handler, *, below: int) -> Iterator[None]:
    """Keep the library's lines below a level from a handler meanwhile."""

    def others(record: logging.LogRecord) -> bool:
        ours = record.name == _LOGGER.name or record.name.startswith(f"{_LOGGER.name}.")
        return not ours or record.levelno >= below

    handler.addFilter(others)
    try:
        yield
    finally:
        handler.removeFilter(others)
