"""Tables of `docs/numbers.md` from lines of figures: columns, formats, and where the figures come from."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figures import merged
from page_words import say
from provenance import HISTORY, NOW

_MOST_COMMANDS = 3
Line = Mapping[str, Any]
Figure = float | Sequence[float] | str | None


def percent(value: Figure) -> str:
    """A share, or mean and deviation of several, in percent."""
    if isinstance(value, Sequence):
        return f"{100 * value[0]:.2f} ± {100 * value[1]:.2f}"
    return "–" if value is None else f"{100 * value:.2f}"


def number(digits: int) -> Callable[[Figure], str]:
    """A format: so many digits after the point."""
    return lambda value: "–" if value is None else f"{value:,.{digits}f}"


def significant(value: Figure) -> str:
    """As it was recorded, four digits at most or all before the point."""
    if value is None or isinstance(value, str | Sequence):
        return "–" if value is None else str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def code(value: Figure) -> str:
    """What a program printed, in a cell of a table."""
    return f"`{value}`".replace("|", "\\|") if value else ""


def percents(values: Figure) -> str:
    """Several shares, each in percent."""
    return "–" if values is None else ", ".join(percent(each) for each in values)


@dataclass(frozen=True)
class Table:
    """One table: what stands above it, its first column and the others, each with the figure it shows."""

    topic: str
    name: str
    title: str
    command: str
    columns: tuple[tuple[str, str, Callable[[Figure], str]], ...]  # title, figure, format
    note: str = ""
    first: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table and the lines that its figures come from."""

    cells: list[str]
    lines: list[Line]


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rows_of(table: Table, lines: Mapping[str, Sequence[Line]], language: str) -> list[Row]:
    """The rows of a table that is kept row by row, with the lines of each."""
    rows = []
    for name, of_row in lines.items():
        figures = merged(of_row)
        cells = (write(figures.get(figure)) for _, figure, write in table.columns)
        rows.append(Row([say(language, name), *cells], list(of_row)))
    return rows


def render(table: Table, rows: Sequence[Row], language: str) -> str:
    """Title, note, table and, below it, command, commits, dates and machines."""
    header = [say(language, each) for each in (table.first, *(title for title, *_ in table.columns))]
    cells = [row.cells for row in rows]
    if len({_commits(row.lines) for row in rows}) > 1:
        header = [*header, say(language, "commit")]
        cells = [[*row.cells, ", ".join(f"`{each}`" for each in _commits(row.lines)) or "?"] for row in rows]
    above = [f"### {say(language, table.title)}", *([say(language, table.note)] if table.note else [])]
    return "\n\n".join([*above, markdown(header, cells), origin(table.command, rows, language)])


def _commits(lines: Iterable[Line]) -> tuple[str, ...]:
    """The commits of some lines in the order of their dates, short; with + where files differed from them."""
    found = {
        (each["date"], each["commit"][:7] + ("+" if each["dirty"] else ""))
        for each in (line["provenance"] for line in lines)
        if each["commit"]
    }
    return tuple(dict.fromkeys(commit for _, commit in sorted(found)))


def origin(command: str, rows: Sequence[Row], language: str) -> str:
    """One paragraph: command, commits with dates, machines with the rows of each."""
    lines = [line for row in rows for line in row.lines]
    parts = [say(language, "Command: {}.").format(_commands(command, lines, language))] if command else []
    for recorded, words in (
        (NOW, "Measured at: {}."),
        (HISTORY, "Added to the repository in: {} (from git history; the commit that was measured is not recorded)."),
    ):
        found = _dated(line["provenance"] for line in lines if line["provenance"]["recorded_with"] == recorded)
        if found:
            parts.append(say(language, words).format(say(language, ", ").join(found)))
    unknown = [row.cells[0] for row in rows if any(not line["provenance"]["commit"] for line in row.lines)]
    if unknown:
        parts.append(say(language, "Commit not recorded: {}.").format(say(language, ", ").join(unknown)))
    if any(line["provenance"]["dirty"] for line in lines):
        parts.append(say(language, "+: with changes that were not committed."))
    if command:
        parts.append(say(language, "Machine: {}.").format(_machines(rows, language)))
    return ("" if language == "zh" else " ").join(parts)


def _commands(command: str, lines: Sequence[Line], language: str) -> str:
    """The commands that were recorded, or, if one was not or they are many, what measures such figures."""
    recorded = dict.fromkeys(line["provenance"]["command"] for line in lines)
    one = None in recorded or len(recorded) > _MOST_COMMANDS
    return say(language, ", ").join(f"`{each}`" for each in ([command] if one else recorded))


def _dated(found: Iterable[Mapping[str, Any]]) -> list[str]:
    dates: dict[str, set[str]] = {}
    for each in sorted(found, key=lambda each: each["date"]):
        commit = f"`{each['commit'][:7]}{'+' if each['dirty'] else ''}`" if each["commit"] else "?"
        dates.setdefault(commit, set()).add(each["date"][:10])
    return [f"{commit} {' / '.join(sorted(days))}" for commit, days in dates.items()]


def _machines(rows: Sequence[Row], language: str) -> str:
    of_rows: dict[str, Counter[str]] = {}
    for row in rows:
        for line in row.lines:
            of_rows.setdefault(machine(line["provenance"]["machine"], language), Counter())[row.cells[0]] += 1
    if len(of_rows) == 1:
        return next(iter(of_rows))
    parts = []
    for each, names in sorted(of_rows.items()):
        named = [name if number == 1 else f"{name} × {number}" for name, number in names.items()]
        parts.append(say(language, "{} ({})").format(each, say(language, ", ").join(named)))
    return say(language, "; ").join(parts)


def machine(known: Mapping[str, Any], language: str) -> str:
    """What is recorded of a machine."""
    parts = []
    if known["gpu"] not in (None, "none"):
        parts.append(known["gpu"])
    if known["cores"]:
        parts.append(say(language, "{} CPU cores" if known["cores"] > 1 else "{} CPU core").format(known["cores"]))
    if known["cpu"]:
        parts.append(known["cpu"])
    if known["memory_gib"]:
        parts.append(f"{known['memory_gib']} GiB")
    if known["gpu"] == "none":
        parts.append(say(language, "no GPU"))
    if known["bfloat16"] is not None:
        parts.append(say(language, "bfloat16" if known["bfloat16"] else "no bfloat16"))
    return say(language, ", ").join(parts) or say(language, "not recorded")
