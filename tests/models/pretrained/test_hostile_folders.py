"""Hostile and damaged folders: one bounded line that names the file, at once, in little memory, and no code is run."""

import json
import pickle
import subprocess
import sys

import pytest

from tests.models.pretrained.hostile import COMMANDS, FOLDERS, HOSTILE, WHOLE, Evil, is_converted

CONVERTED = [name for name in HOSTILE if is_converted(name)]

NAMES_THE_FOLDER = (
    *("configuration: a link to itself as configuration", "configuration: a link to nothing as configuration"),
    *(
        "weights: an adapter",
        "weights: no weights",
        "weights: many files of weights",
        "weights: a pipe",
        "weights: a link to itself",
    ),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """What became of each folder, all opened by one process with bounded memory."""
    root = tmp_path_factory.mktemp("opened")
    done = subprocess.run(
        [sys.executable, "-m", "tests.models.pretrained.hostile", str(root)],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    found = {each["name"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, f"ended with {done.returncode} after {len(found)} folders: {done.stderr[-2000:]}"
    return found


def test_there_are_enough_of_them_and_a_whole_folder_is_opened(opened):
    assert len(HOSTILE) >= 60 and opened.keys() == FOLDERS.keys()
    assert opened[WHOLE]["kind"] is None, opened[WHOLE]["said"]
    for found in opened[WHOLE]["commands"].values():
        assert (found["kind"], found["code"], found["written"]) == (None, 0, True), found["said"]


def test_the_pickle_does_run_code_where_it_is_trusted(tmp_path):
    pickle.loads(pickle.dumps(Evil(tmp_path / "canary"), 2))
    assert (tmp_path / "canary").exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_folder_is_refused_in_one_line_at_once(name, opened):
    found = opened[name]
    assert found["kind"] == "refused", found
    said = found["said"].removeprefix(found["folder"])
    assert said != found["said"] and len(said) <= 400 and said.isprintable(), found["said"][:2000]
    if name not in NAMES_THE_FOLDER:
        assert any(file.partition(".")[0] in said for file in HOSTILE[name]), said
    assert not found["canary"]
    assert found["seconds"] < 2 and found["mib"] < 500, (found["seconds"], found["mib"])


def test_enough_of_them_are_converted():
    assert len(CONVERTED) >= 60


@pytest.mark.parametrize("name", CONVERTED)
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_written_of_a_hostile_folder(command, name, opened):
    found = opened[name]["commands"][command]
    assert (found["kind"], found["code"], found["written"], found["left"]) == (None, 2, False, []), found
    said = found["said"].removesuffix("\n").removeprefix(f"bert4ner: error: {opened[name]['folder']}")
    assert said != found["said"].removesuffix("\n") and len(said) <= 400 and said.isprintable(), found["said"][:2000]
    assert found["seconds"] < 2 and found["mib"] < 500, (found["seconds"], found["mib"])
