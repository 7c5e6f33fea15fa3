"""Small invented files of the kinds that people have: each is read right, or refused with the right words.

Each folder of `formats` has an `expected.json`: for each file (or folder) in it what it must become, or words of the
message that refuses it. A file with entities in it that yields documents without any would be the worst fault; so one
that yields none must have been reported.
"""

import importlib.util
import json
from pathlib import Path

import pytest

from bert4ner.data.documents import read_documents, read_with_report
from bert4ner.errors import Bert4NERError

FORMATS = Path(__file__).parent / "formats"
FOLDERS = sorted(path for path in FORMATS.iterdir() if path.is_dir())
EXPECTED = {folder.name: json.loads((folder / "expected.json").read_text(encoding="utf-8")) for folder in FOLDERS}
LONGEST = 700  # characters of a message
READ, REFUSED = (
    [
        pytest.param(FORMATS / folder / name, expected, id=f"{folder}/{name}")
        for folder, files in EXPECTED.items()
        for name, expected in files.items()
        if ("refused" in expected) == refused
    ]
    for refused in (False, True)
)


def lacks(expected):
    return "needs" in expected and importlib.util.find_spec(expected["needs"]) is None


@pytest.mark.parametrize(("path", "expected"), READ)
def test_a_file_is_read_right(path, expected, caplog):
    if lacks(expected):
        with pytest.raises(Bert4NERError, match=r"pip install 'bert4ner\[xlsx\]'"):
            read_documents(path)
        return
    how, options = expected.get("named", "auto"), expected.get("options", {})
    result = read_with_report(path, how, **options)
    found = [[[each.mention(entity), entity.label] for entity in each.entities] for each in result.documents]
    assert (result.format, result.shape) == (expected["format"], expected.get("shape", ""))
    assert ([each.text for each in result.documents], found) == (expected["texts"], expected["entities"])
    assert sorted(result.repairs) == expected.get("repairs", [])
    read_documents(path, how, **options)
    assert ("no entity in any of" in caplog.text) == (not any(found))


@pytest.mark.parametrize(("path", "expected"), REFUSED)
def test_a_file_is_refused_with_the_right_words(path, expected):
    with pytest.raises(Bert4NERError) as caught:
        read_documents(path)
    message = str(caught.value)
    assert [words for words in expected["refused"] if words not in message] == [], message
    assert message.startswith(str(path)) and len(message.replace(str(path.parent), "")) < LONGEST


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_file_is_expected_to_be_something(folder):
    text_shown = {name.partition("/")[0] for name in EXPECTED[folder.name]}
    assert {path.name for path in folder.iterdir()} - {"expected.json"} == text_shown
