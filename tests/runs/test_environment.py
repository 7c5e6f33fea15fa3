"""What environment.json says about versions and machine."""

import json
from importlib import metadata

import pytest

from bert4ner.errors import RunError
from bert4ner.runs import environment as module
from bert4ner.runs.environment import environment, package_version, read_environment, write_environment


def test_the_environment_round_trips_without_its_format(tmp_path):
    write_environment(tmp_path, precision="bfloat16")
    assert read_environment(tmp_path) == {**environment(), "precision": "bfloat16"}
    assert json.loads((tmp_path / "environment.json").read_text(encoding="utf-8"))["format"] == 1


def test_a_command_that_is_no_utf_8_is_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["bert4ner", "train", "\udcff"])
    write_environment(tmp_path)
    assert read_environment(tmp_path)["command"][-1] == "\udcff"


def test_a_missing_environment_is_reported(tmp_path):
    with pytest.raises(RunError, match=r"environment\.json is missing"):
        read_environment(tmp_path)


def test_a_carried_bert4keras_has_a_version_without_metadata(tmp_path, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(module.metadata, "version", missing)
    monkeypatch.setattr(module, "VENDOR", tmp_path)
    assert package_version("bert4keras") is None
    (tmp_path / "bert4keras").mkdir()
    assert package_version("bert4keras") == "0.11.5, carried by bert4ner" and package_version("numpy") is None
