"""A bar on stderr for whoever waits, on a terminal only, and not where the log is asked to be quiet."""

import logging
import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

logger = logging.getLogger(__name__)

Item = TypeVar("Item")


def watched(items: Sequence[Item], doing: str) -> Iterator[Item]:
    """The items, while a bar shows how many are done.

    Args:
        items: what is worked through, one after the other.
        doing: what is done with them.
    """
    console = Console(stderr=True)
    if not console.is_terminal or console.is_jupyter or not logger.isEnabledFor(logging.INFO):
        yield from items
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(doing, total=len(items))
        for item in items:
            yield item
            bar.advance(task)
