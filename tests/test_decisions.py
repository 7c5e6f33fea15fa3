"""Every record of docs/decisions is complete, and its index is what docs/index_of_decisions.py writes."""

import re
from collections import Counter
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from tests.conftest import ROOT

_spec = spec_from_file_location("index_of_decisions", ROOT / "docs/index_of_decisions.py")
decisions = module_from_spec(_spec)
_spec.loader.exec_module(decisions)

RECORDS = decisions.records()
FILES = re.compile(r"`((?:benchmarks|bert4ner|docs|examples|pretrained|tests)/[^`\s]+)`")


def faults(name, text, numbers, root=ROOT):
    """What is wrong with a record, in words."""
    found = []
    if not re.fullmatch(r"\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md", name) or not decisions.title_of(text):
        found.append("needs a name like 0001-short-title.md, and a title")
    fields = decisions.fields_of(text)
    if not decisions.STATUS.fullmatch(fields.get("Status", "")):
        found.append(f"status {fields.get('Status')!r} is unknown")
    found += [f"superseded by {number}, which is missing" for number in _successors(fields) - set(numbers)]
    try:
        if date.fromisoformat(fields["Date"]) > date.fromisoformat(fields["Updated"]):
            found.append("updated before it was made")
    except (KeyError, ValueError) as error:
        found.append(f"needs Date and Updated as YYYY-MM-DD: {error}")
    sections = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    if tuple(sections[::2]) != decisions.SECTIONS or not all(body.strip() for body in sections[1::2]):
        found.append(f"sections are {sections[::2]}, one of them may be empty")
    return found + [f"{path} is missing" for path in FILES.findall(text) if not (root / path).exists()]


def _successors(fields):
    return set(re.findall(r"superseded by (\d{4})", fields.get("Status", "")))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_complete(path):
    numbers = [each.name[:4] for each in RECORDS]
    assert faults(path.name, path.read_text(encoding="utf-8"), numbers) == []


def test_numbers_are_unique():
    counts = Counter(path.name[:4] for path in RECORDS)
    assert [number for number, count in counts.items() if count > 1] == []


def test_the_folder_holds_records_and_the_index_only():
    assert sorted(decisions.FOLDER.iterdir()) == sorted([*RECORDS, decisions.INDEX])


def test_the_index_is_current():
    assert decisions.INDEX.read_text(encoding="utf-8") == decisions.index(), "run `make docs-index`"


GOOD = """# Title

- Status: accepted
- Date: 2026-11-21
- Updated: 2026-11-28

## Context

See `tests/test_decisions.py`.

## Decision

One.

## Evidence

None.

## Consequences

None.
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("# Title", "Title", "a title"),
        ("accepted", "agreed", "'agreed' is unknown"),
        ("accepted", "superseded by 0009", "0009, which is missing"),
        ("2026-11-21", "21 November", "YYYY-MM-DD"),
        ("2026-11-21", "2026-11-29", "updated before"),
        ("## Evidence", "## Figures", "Figures"),
        ("One.", "", "may be empty"),
        ("tests/test_decisions.py", "tests/test_nothing.py", "tests/test_nothing.py is missing"),
    ],
)
def test_a_fault_is_found(old, new, fault):
    assert faults("0001-title.md", GOOD, ["0001"]) == []
    (found,) = faults("0001-title.md", GOOD.replace(old, new), ["0001"])
    assert fault in found


def test_a_name_without_number_is_a_fault():
    assert len(faults("title.md", GOOD, [])) == 1
