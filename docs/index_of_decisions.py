"""Writes docs/decisions/README.md, the index of the records beside it: `make docs-index`.

Reads each record's title and its lines `- Status:`, `- Date:` and `- Updated:`; does not check anything, which
tests/test_decisions.py does.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "decisions"
INDEX = FOLDER / "README.md"
SECTIONS = ("Context", "Decision", "Evidence", "Consequences")
STATUS = re.compile(r"proposed|accepted|accepted, superseded in part|superseded by \d{4}")
"""All of a status."""
HEAD = """# Decisions

Why the library is as it is: one record for each area. Figures name their data, encoder, seeds and number of epochs; \
"the sample" is `examples/data/leaflets.jsonl`, TCM and CMeEE are the public data sets, and `tcm-mini` is the \
bundled encoder. The [glossary](../glossary.md) explains the terms.

## How to add a decision

1. If a record covers the area, add a bullet to its section "Decision": what was decided, then why. Put measurements \
into "Evidence", and the current day into `- Updated:`.
2. Otherwise copy the shape of a record to `NNNN-short-title.md`, with the next free number: a title, the lines `- \
Status:`, `- Date:` and `- Updated:` (dates as YYYY-MM-DD), and the sections "Context", "Decision", "Evidence" and \
"Consequences". A status is `proposed`, `accepted`, `accepted, superseded in part` or `superseded by NNNN`.
3. If a decision replaces an older one, do not delete that one: set the status of its record and say in its context \
what replaced it.
4. Write so that a reader understands the record without the others; a paragraph or a bullet is one line of the file.
5. Run `make docs-index`, which writes this page, and `pytest tests/test_decisions.py`.

## Records

| record | status | since | updated |
|---|---|---|---|
"""


def records() -> list[Path]:
    """All records, in the order of their numbers."""
    return sorted(FOLDER.glob("[0-9]*.md"))


def title_of(text: str) -> str:
    """The first heading of a record, or nothing.

    Example:
        >>> title_of("# The lexicon as an input")
        'The lexicon as an input'
    """
    found = re.match(r"# (.+)", text)
    return found[1] if found else ""


def fields_of(text: str) -> dict[str, str]:
    """What stands behind Status, Date and Updated, in a record's first lines."""
    return dict(re.findall(r"^- (Status|Date|Updated): (.+)$", text, flags=re.MULTILINE))


def index() -> str:
    """The page that lists all records."""
    rows = []
    for path in records():
        text = path.read_text(encoding="utf-8")
        fields = fields_of(text)
        cells = (fields.get(name, "") for name in ("Status", "Date", "Updated"))
        rows.append(f"| [{path.name[:4]} {title_of(text)}]({path.name}) | {' | '.join(cells)} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    INDEX.write_text(index(), encoding="utf-8")
