"""Tables of figures: a line of `measured/TOPIC.jsonl` for each row, with its provenance.

`make_pages.py` makes `docs/numbers.md` and the tables of the READMEs from these lines.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from provenance import MEASURED, measured_now, read_lines, write_lines


def keep_rows(
    topic: str, table: str, rows: Mapping[str, Mapping[str, Any]], *, seed: int | None = None, others_stay: bool = False
) -> None:
    """Keep a table that was measured now in place of the one before; rows by name, figures by column.

    With a seed, or with `others_stay`, only the same rows (of that seed) are replaced, because the others may come from
    another day; with `others_stay`, those of the table are then in the order of their names.

    A figure is a number or, of several, [mean, standard deviation]; scores are shares between 0 and 1.
    """
    path = MEASURED / f"{topic}.jsonl"
    seeded = {} if seed is None else {"seed": seed}
    provenance = measured_now()
    new = [
        {"job": {"table": table, "row": row, **seeded}, "figures": dict(figures), "provenance": provenance}
        for row, figures in rows.items()
    ]
    jobs = [line["job"] for line in new]
    some = others_stay or seed is not None
    lines = [line for line in read_lines(path) if (line["job"] not in jobs if some else line["job"]["table"] != table)]
    lines += new
    if others_stay:
        own = sorted((line for line in lines if line["job"]["table"] == table), key=lambda line: line["job"]["row"])
        lines = [line for line in lines if line["job"]["table"] != table] + own
    write_lines(path, lines)
    print("kept; `make numbers` renews docs/numbers.md", file=sys.stderr)


def lines_of(topic: str, table: str) -> dict[str, list[dict[str, Any]]]:
    """The lines of a table by the names of its rows: several where several seeds were kept one by one."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in read_lines(MEASURED / f"{topic}.jsonl"):
        if line["job"]["table"] == table:
            found.setdefault(line["job"]["row"], []).append(line)
    return found


def kept_figures(topic: str, table: str) -> dict[str, dict[str, Any]]:
    """The figures of a table by the names of its rows."""
    return {row: merged(lines) for row, lines in lines_of(topic, table).items()}


def merged(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of one row: of several seeds, mean and standard deviation of each."""
    if len(lines) == 1:
        return dict(lines[0]["figures"])
    return {name: spread([line["figures"][name] for line in lines]) for name in lines[0]["figures"]}


def spread(values: list[float]) -> float | list[float]:
    """A figure of several measurements: mean and standard deviation, of one itself."""
    if len(values) == 1:
        return values[0]
    mean = sum(values) / len(values)
    return [mean, (sum((each - mean) ** 2 for each in values) / (len(values) - 1)) ** 0.5]
