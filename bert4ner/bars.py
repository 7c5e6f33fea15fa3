"""Progress bars on stderr, shown on a terminal only and not while the log is quiet."""

import logging
import sys

from rich.console import Console
from rich.progress import Progress, ProgressColumn


def progress_bar(*columns: ProgressColumn) -> Progress | None:
    """A bar that has not started and disappears when it ends; None if no bar is to be shown.

    A notebook shows none: its cell shows only the lines of the log.
    """
    console = Console(stderr=True)
    if not console.is_terminal or console.is_jupyter or not logging.getLogger("bert4ner").isEnabledFor(logging.INFO):
        return None
    return Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())
