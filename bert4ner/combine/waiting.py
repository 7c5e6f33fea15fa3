"""A progress bar, shown if there is a terminal to show it."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from bert4ner.bars import progress_bar

Item = TypeVar("Item")


def watched(items: Sequence[Item], doing: str) -> Iterator[Item]:
    """The items, while a progress bar shows how many are done.

    Args:
        items: what to iterate over.
        doing: the text of the bar.
    """
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeRemainingColumn())
    shown = progress_bar(*columns)
    if shown is None:
        yield from items
        return
    with shown as bar:
        task = bar.add_task(doing, total=len(items))
        for item in items:
            yield item
            bar.advance(task)
