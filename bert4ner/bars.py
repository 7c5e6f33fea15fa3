"""Bars on stderr for whoever waits: on a terminal only, and not where the log is asked to be quiet."""

import logging
import sys

from rich.console import Console
from rich.progress import Progress, ProgressColumn


def progress_bar(*columns: ProgressColumn) -> Progress | None:
    """A bar that is gone when it ends, not yet begun; None where none is to be shown.

    In a notebook none is: its cell shows the lines of the log alone.
    """
    console = Console(stderr=True)
    if not console.is_terminal or console.is_jupyter or not logging.getLogger("bert4ner").isEnabledFor(logging.INFO):
        return None
    return Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())
