"""Small invented files in the JSON shapes that people have: each is read right, or refused with the right words."""

import json
from pathlib import Path

import pytest

from bert4ner.data.documents import read_with_report
from bert4ner.errors import DataError

FOLDER = Path(__file__).parent / "formats" / "json"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_read_right_or_refused_with_the_right_words(name):
    expected = EXPECTED[name]
    options = expected.get("options", {})
    if "refused" in expected:
        with pytest.raises(DataError) as caught:
            read_with_report(FOLDER / name)
        assert [told for told in expected["refused"] if told not in str(caught.value)] == [], str(caught.value)
        assert len(str(caught.value)) < 600
        return
    result = read_with_report(FOLDER / name, expected.get("named", "auto"), **options)
    found = [[each.mention(entity), entity.label] for each in result.documents for entity in each.entities]
    assert (result.format, len(result.documents), found) == (
        expected["format"],
        expected["documents"],
        expected["entities"],
    )
    assert sorted(result.repairs) == sorted(expected.get("repairs", []))


def test_every_file_is_expected_to_be_something():
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert files - {"expected.json", "named/dataset_info.json"} == set(EXPECTED)
