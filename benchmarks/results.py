"""The file `benchmarks/results.md`: each benchmark owns one section of it and leaves the others alone."""

import re
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).resolve().parent / "results.md"
HEADER = "# Measured results\n\nEach section is written by the command it names; nothing here is typed by hand.\n"


def write_section(name: str, text: str, *, path: Path = RESULTS) -> None:
    """Put `text` between the markers of section `name`, in place of what stood there."""
    content = path.read_text(encoding="utf-8") if path.is_file() else HEADER
    section = f"<!-- begin {name} -->\n{text.strip()}\n<!-- end {name} -->\n"
    pattern = re.compile(rf"<!-- begin {re.escape(name)} -->\n.*?<!-- end {re.escape(name)} -->\n", re.DOTALL)
    replaced, count = pattern.subn(lambda _: section, content)
    path.write_text(replaced if count else f"{content.rstrip()}\n\n{section}", encoding="utf-8")


def percent(values: list[float]) -> str:
    """Mean and, of several, the standard deviation, in percent."""
    spread = f" ± {100 * np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f}{spread}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
