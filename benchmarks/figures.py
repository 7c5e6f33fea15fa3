"""Tables of figures: a line of `measured/TOPIC.jsonl` for each row, with its provenance.

`make_pages.py` makes `docs/numbers.md` and the tables of the READMEs from these lines.
"""

import sys
from collections.abc import Mapping
from typing import Any

from provenance import MEASURED, measured_now, read_lines, write_lines


def keep_rows(topic: str, table: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep a table that was measured now in place of the one before; rows by name, figures by column.

    A figure is a number or, of several, [mean, standard deviation]; scores are shares between 0 and 1.
    """
    path = MEASURED / f"{topic}.jsonl"
    others = [line for line in read_lines(path) if line["job"]["table"] != table]
    provenance = measured_now()
    new = [
        {"job": {"table": table, "row": row}, "figures": dict(figures), "provenance": provenance}
        for row, figures in rows.items()
    ]
    write_lines(path, [*others, *new])
    print("kept; `make numbers` renews docs/numbers.md", file=sys.stderr)


def rows_of(topic: str, table: str) -> dict[str, dict[str, Any]]:
    """The lines of a table by the names of its rows."""
    lines = read_lines(MEASURED / f"{topic}.jsonl")
    return {line["job"]["row"]: line for line in lines if line["job"]["table"] == table}


def spread(values: list[float]) -> float | list[float]:
    """A figure of several measurements: mean and standard deviation, of one itself."""
    if len(values) == 1:
        return values[0]
    mean = sum(values) / len(values)
    return [mean, (sum((each - mean) ** 2 for each in values) / (len(values) - 1)) ** 0.5]
