"""Shows the log lines of a training that is called from Python: in a script, a pipe or a notebook's cell."""

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

_LOGGER = logging.getLogger("bert4ner")


def console() -> TextIO:
    """The stream for log lines: standard error; in a notebook standard output, which is not shown as an error."""
    return sys.stdout if _in_a_notebook() else sys.stderr


def _in_a_notebook() -> bool:
    """Whether this code runs in a kernel, not just in a program that imported IPython."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


@contextmanager
def log_to_console(verbose: int) -> Iterator[None]:
    """Show the library's log lines while open, unless logging is configured already.

    Logging is configured if the library's logger has a handler (the command line adds one), or if the root logger has
    one and the level lets lines through. Other handlers get the same lines as before.

    Args:
        verbose: 0 shows only warnings and errors.
    """
    arranged = _LOGGER.handlers or (_LOGGER.hasHandlers() and _LOGGER.isEnabledFor(logging.INFO))
    if not verbose or arranged:
        yield
        return
    level, before = _LOGGER.level, _LOGGER.getEffectiveLevel()
    others = list(logging.getLogger().handlers)
    handler = _ToConsole()
    if others:
        handler.addFilter(lambda record: record.levelno < before)  # other handlers show the rest
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
    """Keep the library's lines below a level from a handler while open."""

    def others(record: logging.LogRecord) -> bool:
        ours = record.name == _LOGGER.name or record.name.startswith(f"{_LOGGER.name}.")
        return not ours or record.levelno >= below

    handler.addFilter(others)
    try:
        yield
    finally:
        handler.removeFilter(others)
