"""How commands print: tables on stdout, a progress bar on stderr if it is a terminal. Computes nothing."""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bert4ner.data.visible import visible
from bert4ner.entities import Document
from bert4ner.scoring.metrics import Score, Scores

Item = TypeVar("Item", bound=Document)


class _Console(Console):
    """Leaves broken pipes to `main`; rich would end the process with 1."""

    def on_broken_pipe(self) -> None:
        """Called while the error is handled."""
        raise  # the error that is being handled


_WHITE = re.compile(r"\s")
_LONGEST = 16  # characters of a mention: with the text around it, a line of 80 columns
_WIDE = 1000  # characters: a table in a file is not cut to the width of a terminal


def print_table(title: str, columns: Sequence[str], sections: Iterable[Iterable[Sequence[object]]]) -> None:
    """A table; columns with numbers only are aligned right, a line separates sections."""
    cells = [[[_cell(cell) for cell in row] for row in section] for section in sections]
    rows = [row for section in cells for row in section]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for number, column in enumerate(columns):
        numbers = all(_is_number(row[number]) for row in rows)
        table.add_column(Text(column), justify="right" if numbers else "left", overflow="fold")
    for section in cells:
        for row in section:
            table.add_row(*map(Text, row))
        table.add_section()
    console = _Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _WIDE)
    console.print()
    console.print(Text(title, style="bold"))  # not the table's own: that is wrapped to a narrow table's width
    console.print(table)


def print_note(line: str, *, aside: bool = False) -> None:
    """Print useful information that is not a result: the path of the result, the next command; not with ``--quiet``.

    Args:
        line: the information.
        aside: on standard error, because the result is on standard output.
    """
    if notes_shown():
        print(visible(line), file=sys.stderr if aside else sys.stdout, flush=aside)


def notes_shown() -> bool:
    """Whether to print more than warnings and results: ``--quiet`` sets the level of the logger."""
    return logging.getLogger("bert4ner").isEnabledFor(logging.INFO)


def print_json(values: object) -> None:
    """One JSON value, readable."""
    print(json.dumps(values, ensure_ascii=False, indent=2))


def percent(share: float) -> str:
    """0.8 as 80.00, as scores are published."""
    return f"{100 * share:.2f}"


def average_rows(scores: Scores) -> list[list[object]]:
    """Name, precision, recall and F1 of the three averages."""
    averages = (("micro", scores.micro), ("macro", scores.macro), ("weighted", scores.weighted))
    return [[name, *score_cells(score)] for name, score in averages]


def score_cells(score: Score) -> list[object]:
    """Precision, recall and F1."""
    return [percent(score.precision), percent(score.recall), percent(score.f1)]


def counted(documents: Iterable[Item]) -> Iterator[Item]:
    """The documents themselves, while a line on stderr shows their number; silent unless it is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal or not notes_shown():
        yield from documents
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} documents"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=None)
        for document in documents:
            yield document
            bar.advance(task)


def one_line(text: str) -> str:
    """One line, whatever line breaks a mention has; control characters are escaped."""
    return visible(_WHITE.sub(" ", text))


def shortened(mention: str) -> str:
    """A long mention without its middle.

    Example:
        >>> shortened("一二三四五六七八九十一二三四五六七八九十")
        '一二三四五六七八…五六七八九十'
    """
    return mention if len(mention) <= _LONGEST else f"{mention[: _LONGEST // 2]}…{mention[2 - _LONGEST // 2 :]}"


def _cell(value: object) -> str:
    return "" if value is None else one_line(str(value))


def _is_number(cell: str) -> bool:
    return not cell or cell.replace(".", "", 1).isdecimal()
