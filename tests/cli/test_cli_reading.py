"""Every command that reads annotation has the same options for its meaning."""

import json

import pytest

from bert4ner.cli.parameters import read_signature
from bert4ner.cli.parsing import parse
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import Config
from bert4ner.errors import DataError
from bert4ner.registry import COMMANDS
from bert4ner.runs.folds import fingerprint

FORMATS = ("format", "input_format")


@pytest.fixture
def counted_by_javascript(tmp_path):
    path = tmp_path / "gold.jsonl"
    record = {"id": "a", "text": "😀气血两亏", "label": [[2, 4, "X"]]}
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", COMMANDS.own())
def test_whoever_is_reported_a_format_to_read_is_reported_how_annotation_is_meant(name):
    signature = read_signature(COMMANDS.get(name).load())
    reads = [each for each in signature.parameters if each.name in FORMATS and "auto" in each.option.words()]
    assert bool(reads) == isinstance(signature.objects.get("reading"), ReadingOptions)


def test_what_is_reported_decides_what_is_read(counted_by_javascript):
    path = counted_by_javascript
    plain, units = (ReadingOptions(offsets=each).read(path, "doccano") for each in ("characters", "utf16"))
    assert [[each.mention(entity) for entity in each.entities] for each in (*plain, *units)] == [["血两"], ["气血"]]
    assert fingerprint(plain) != fingerprint(units)  # by which a run knows its documents again
    with pytest.raises(DataError, match=r"cannot be read with 'align'; formats that can: mentions"):
        ReadingOptions(align="first").read(path, "doccano")


def test_the_options_that_a_run_has_saved_can_be_given_beside_them(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(Config(epochs=3).to_toml(), encoding="utf-8")
    words = ["DATA", "--output", "RUN", "--config", str(path), "--format", "bio", "--align", "first"]
    values = parse(COMMANDS.get("train").load(), words, prog="bert4ner train")
    assert (values["format"], values["reading"], values["options"]) == (
        "bio",
        ReadingOptions(align="first"),
        Config(epochs=3),
    )


def test_evaluate_reads_gold_as_it_is_reported(counted_by_javascript, tmp_path, bert4ner):
    found = tmp_path / "found.jsonl"
    entity = {"start": 1, "end": 3, "label": "X"}
    found.write_text(json.dumps({"id": "a", "text": "😀气血两亏", "entities": [entity]}) + "\n", encoding="utf-8")
    scores = {}
    for offsets in ("characters", "utf16"):
        code, out, _ = bert4ner("evaluate", found, counted_by_javascript, "--offsets", offsets, "--json")
        assert code == 0
        scores[offsets] = json.loads(out)["micro"]["f1"]
    assert scores == {"characters": 0.0, "utf16": 1.0}


@pytest.mark.parametrize("command", [("convert", "in", "out"), ("predict", "run", "in", "--output", "out")])
def test_what_is_only_read_is_no_format_to_write(command, bert4ner):
    code, _, message = bert4ner(*command, "--format", "webanno")
    assert code == 2 and message.count("\n") == 1
    assert "--format: webanno can only be read; write jsonl, bio, brat" in message
    listed = message.partition("write ")[2]
    assert "webanno" not in listed and "xlsx, inline, text" in listed
