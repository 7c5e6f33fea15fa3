"""Manifests of models and runs: every file that changed is found, and nothing outside the folder is read."""

import hashlib
import json
import shutil

import pytest

from bert4ner.errors import RunError
from bert4ner.runs.manifest import differences, discard_manifest, verify, write_manifest, write_run_manifest


@pytest.fixture
def model(tmp_path):
    """A folder with three files and their manifest."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in {
        "config.json": b"{}",
        "vocab.txt": "[PAD]\n药\n".encode(),
        "weights": bytes(range(256)),
    }.items():
        (folder / name).write_bytes(content)
    write_manifest(folder, folder.iterdir())
    return folder


def told(folder):
    return [str(each).replace(str(folder), "FOLDER") for each in differences(folder)]


def test_a_manifest_says_size_and_sha256_of_each_file(model):
    expected = {
        name: {
            "bytes": len((model / name).read_bytes()),
            "sha256": hashlib.sha256((model / name).read_bytes()).hexdigest(),
        }
        for name in ("config.json", "vocab.txt", "weights")
    }
    described = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    assert described == {"format": 1, "files": expected}
    assert told(model) == []


def test_each_kind_of_change_is_told(model):
    content = bytearray((model / "weights").read_bytes())
    content[100] ^= 1
    (model / "weights").write_bytes(content)
    (model / "vocab.txt").write_text("[PAD]\n", encoding="utf-8")
    (model / "config.json").unlink()
    assert told(model) == [
        "FOLDER/config.json: missing",
        "FOLDER/vocab.txt: has 6 bytes, expected 10",
        "FOLDER/weights: has another SHA-256 than manifest.json says",
    ]
    assert len(verify(model.parent).differing) == 3
    discard_manifest(model)
    assert told(model) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "damaged"),
        ("[]", "expected names with values, found list"),
        ('{"format": 2, "files": {}}', "has format 2, this version of bert4ner reads formats up to 1"),
        ('{"files": []}', "expected files to be names with values, found []"),
        (
            '{"files": {"a": {"bytes": -1, "sha256": ""}}}',
            "expected files.a.bytes to be a whole number of at least 0, found -1",
        ),
        ('{"files": {"a": {"bytes": 1, "sha256": 1}}}', "expected files.a.sha256 to be a text, found 1"),
        ('{"files": {"a": {"bytes": 1}}}', "'files.a.sha256' is missing"),
        *(
            (json.dumps({"files": {name: {"bytes": 0, "sha256": "0" * 64}}}), "is no name of a file in the folder")
            for name in ("/dev/zero", "../a", "a/../../a", "", "a\0", "..\\a", "x" * 5000 + "\n", "x" * 256, "字" * 86)
        ),
    ],
)
def test_a_manifest_that_is_none_is_one_line(model, content, said):
    (model / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(RunError) as error:
        told(model)
    assert str(error.value).startswith(f"{model}/manifest.json: ") and said in str(error.value)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500
    assert [each.path.name for each in verify(model.parent).differing] == ["manifest.json"]


def test_only_files_are_read(model):
    (model / "weights").unlink()
    (model / "weights").symlink_to("/dev/zero")
    assert told(model) == ["FOLDER/weights: missing"]


def test_a_run_names_its_own_files_and_the_manifests_of_its_models(run, model):
    shutil.copytree(model, run / "fold-0" / "model", dirs_exist_ok=True)
    (run / "report.html").touch()
    (run / "notes.txt").touch()
    (run / "mine").mkdir()
    (run / "mine" / "config.toml").touch()
    write_run_manifest(run)
    named = set(json.loads((run / "manifest.json").read_text(encoding="utf-8"))["files"])
    assert "fold-0/model/manifest.json" in named and "fold-1/history.jsonl" in named
    assert not {name for name in named if name.startswith(("fold-0/model/w", "report", "notes", "mine"))}
    found = verify(run)
    assert found.differing == [] and found.files == len(named) + 3

    (run / "report.html").write_text("new", encoding="utf-8")
    (run / "fold-0" / "model" / "manifest.json").unlink()
    with (run / "scores.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    found = verify(run)
    assert [each.path.relative_to(run).as_posix() for each in found.differing] == [
        "fold-0/model/manifest.json",
        "scores.json",
    ]
    assert found.without == [run / "fold-0" / "model"]


def test_a_model_of_an_older_version_is_named_file_by_file(run, model):
    (model / "manifest.json").unlink()
    shutil.copytree(model, run / "fold-0" / "model", dirs_exist_ok=True)
    write_run_manifest(run)
    (run / "fold-0" / "model" / "weights").write_bytes(b"")
    assert [each.path.name for each in verify(run).differing] == ["weights"]


def test_a_combined_run_names_the_manifests_of_its_members(run, tmp_path):
    both = tmp_path / "both"
    write_run_manifest(shutil.copytree(run, both / "member-0"))
    shutil.copytree(run, both / "member-1")  # of an older version
    (both / "combination.json").write_text("{}", encoding="utf-8")
    write_run_manifest(both)
    named = set(json.loads((both / "manifest.json").read_text(encoding="utf-8"))["files"])
    assert {name for name in named if name.startswith("member-0/")} == {"member-0/manifest.json"}
    assert "member-1/fold-0/history.jsonl" in named
    found = verify(both)
    assert found.differing == [] and found.without == [both / "member-1"]
