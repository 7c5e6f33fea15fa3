"""Small invented files of the kinds that people have: each is read right, or refused with the right words.

Each folder of `formats` has an `expected.json`: for each file (or folder) in it what it must become, or words of the
message that refuses it. A file with entities in it that yields documents without any would be the worst fault; so one
that yields none must have been told.
"""

import importlib.util
import json
from pathlib import Path

import pytest

from bert4ner.data.documents import read_documents, read_with_report
from bert4ner.errors import Bert4NERError

FOLDER = Path(__file__).parent / "formats" / "columns"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
LONGEST = 700  # characters of a message


def lacks(expected):
    return "needs" in expected and importlib.util.find_spec(expected["needs"]) is None


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "refused" not in expected])
def test_a_file_is_read_right(name, caplog):
    expected = EXPECTED[name]
    if lacks(expected):
        with pytest.raises(Bert4NERError, match=r"pip install 'bert4ner\[xlsx\]'"):
            read_documents(FOLDER / name)
        return
    result = read_with_report(FOLDER / name)
    found = [[[each.mention(entity), entity.label] for entity in each.entities] for each in result.documents]
    assert (result.format, result.shape) == (expected["format"], expected.get("shape", ""))
    assert ([each.text for each in result.documents], found) == (expected["texts"], expected["entities"])
    assert sorted(result.repairs) == expected.get("repairs", [])
    read_documents(FOLDER / name)
    assert ("no entity in any of" in caplog.text) == (not any(found))


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "refused" in expected])
def test_a_file_is_refused_with_the_right_words(name):
    with pytest.raises(Bert4NERError) as caught:
        read_documents(FOLDER / name)
    message = str(caught.value)
    assert [words for words in EXPECTED[name]["refused"] if words not in message] == [], message
    assert message.startswith(str(FOLDER / name)) and len(message.replace(str(FOLDER), "")) < LONGEST


def test_every_file_is_expected_to_be_something():
    assert {path.name for path in FOLDER.iterdir()} - {"expected.json"} == set(EXPECTED)
