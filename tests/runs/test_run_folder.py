"""A run folder is started once, taken up by the same call only, held by one process, and left tidy."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Folds, Training, fingerprint

DOCUMENTS = [
    Document("a", "头晕，用人参", (Entity(0, 2, "SYMPTOM"), Entity(4, 6, "DRUG"))),
    Document("b", "口服"),
    Document("c", "当归", (Entity(0, 2, "DRUG"),)),
]
FOLDS = Folds(2, fingerprint(DOCUMENTS), {"a": (0,), "b": (1,), "c": (1,)})
CONFIG = Config().replace(pretrained="encoders/小", epochs=3, learning_rate=1e-4)
LABELS = ["DRUG", "SYMPTOM"]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(tmp_path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / "one run")
    folder.open(CONFIG, LABELS, FOLDS, precision="float32")
    return folder


def complete(run: RunFolder, fold: int) -> None:
    run.fold(fold).mkdir(exist_ok=True)
    (run.fold(fold) / "predictions.jsonl").write_text("", encoding="utf-8")


def test_a_new_run_holds_what_is_needed_to_repeat_it(run):
    assert set(content(run.path)) == {"config.toml", "labels.txt", "environment.json", "folds.json"}
    assert Config.load(run.path / "config.toml") == CONFIG
    assert (run.path / "labels.txt").read_text(encoding="utf-8") == "DRUG\nSYMPTOM\n"
    assert run.read_labels() == LABELS
    assert run.read_folds() == FOLDS
    environment = json.loads((run.path / "environment.json").read_text(encoding="utf-8"))
    assert environment["packages"]["numpy"] and environment["precision"] == "float32" and environment["command"]


def test_the_same_run_is_taken_up_again_unchanged(run):
    complete(run, 0)
    before = content(run.path)
    run.open(CONFIG, LABELS, FOLDS, precision="float32")
    assert content(run.path) == before
    assert [run.is_complete(Training(fold)) for fold in range(2)] == [True, False]


def test_an_empty_folder_is_a_new_run(tmp_path):
    RunFolder(tmp_path).open(CONFIG, LABELS, FOLDS, precision="float32")
    assert RunFolder(tmp_path).read_folds() == FOLDS


@pytest.mark.parametrize(
    ("config", "folds", "message"),
    [
        (CONFIG.replace(epochs=2), FOLDS, "epochs was 3, now 2"),
        (CONFIG.replace(epochs=4, seed=1), FOLDS, "(seed was 42, now 1)"),
        (CONFIG.replace(learning_rate="auto", head="softmax"), FOLDS, "head was 'crf', now 'softmax'"),
        (CONFIG, replace(FOLDS, fingerprint=fingerprint(DOCUMENTS[:2])), "the documents differ"),
        (
            CONFIG,
            replace(FOLDS, fingerprint="other", held_out_in={"x-a": (0,), "x-b": (1,), "x-c": (0,)}),
            "ids of all documents differ, which come from the file's name",
        ),
        (CONFIG, replace(FOLDS, number=3, held_out_in={"a": (0,), "b": (1,), "c": (2,)}), "folds was 2, now 3"),
        (CONFIG, replace(FOLDS, held_out_in={"a": (0,), "b": (0,), "c": (1,)}), "other documents are held out"),
    ],
)
def test_another_run_is_refused_and_nothing_changed(run, config, folds, message):
    before = content(run.path)
    with pytest.raises(RunError, match="holds another run") as error:
        run.open(config, LABELS, folds, precision="float32")
    assert message in str(error.value) and "choose another --output" in str(error.value)
    assert "\n" not in str(error.value)
    assert content(run.path) == before


@pytest.mark.parametrize("name", ["letters.txt", "config.toml", ".hidden"])
def test_a_folder_of_somebody_else_is_refused_and_nothing_changed(tmp_path, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="is not empty and holds no run; choose another --output"):
        RunFolder(tmp_path).open(CONFIG, LABELS, FOLDS, precision="float32")
    assert content(tmp_path) == {name: b"mine"}


def test_a_start_that_was_killed_is_started_again(run):
    whole = content(run.path)
    files = ["folds.json", "config.toml", "labels.txt"]  # the order of writing, backwards
    for unwritten in range(1, 4):
        for name in files[:unwritten]:
            (run.path / name).unlink()
        (run.path / f".{files[unwritten - 1]}.123.part").write_text("ha", encoding="utf-8")
        RunFolder(run.path).open(CONFIG, LABELS, FOLDS, precision="float32")
        assert content(run.path).items() >= whole.items()
        run.tidy()
        assert content(run.path) == whole


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"folds": 2, "documents": {}}', "\xff"])
def test_damaged_folds_are_reported(run, text):
    (run.path / "folds.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(RunError, match=r"folds\.json: damaged"):
        run.open(CONFIG, LABELS, FOLDS, precision="float32")


AUTO = CONFIG.replace(head="span")


def open_decided(folder, nesting, config=AUTO):
    return RunFolder(folder).open(config, LABELS, FOLDS, precision="float32", decided={"nesting": nesting})


def test_a_run_keeps_what_auto_came_to_and_the_same_command_resumes(tmp_path):
    for _ in range(2):
        assert open_decided(tmp_path, "none") == AUTO.replace(nesting="none")
        assert Config.load(tmp_path / "config.toml") == AUTO.replace(nesting="none")
    assert open_decided(tmp_path, "any", AUTO.replace(nesting="none")) == AUTO.replace(nesting="none")
    with pytest.raises(RunError, match="nesting was 'none', now 'labels'"):
        open_decided(tmp_path, "any", AUTO.replace(nesting="labels"))


def test_a_run_that_kept_auto_resumes_as_what_its_documents_decide(tmp_path):
    RunFolder(tmp_path).open(AUTO, LABELS, FOLDS, precision="float32")  # as it was written before
    assert 'nesting = "auto"' in (tmp_path / "config.toml").read_text(encoding="utf-8")
    before = content(tmp_path)
    for config in (AUTO, AUTO.replace(nesting="none")):
        assert open_decided(tmp_path, "none", config) == AUTO.replace(nesting="none")
    with pytest.raises(RunError, match="nesting was 'none', now 'any'"):
        open_decided(tmp_path, "none", AUTO.replace(nesting="any"))
    assert content(tmp_path) == before


def test_a_run_of_before_formats_is_taken_up(run):
    for name in ("folds.json", "environment.json"):
        values = json.loads((run.path / name).read_text(encoding="utf-8"))
        assert values.pop("format") == 1
        (run.path / name).write_text(json.dumps(values), encoding="utf-8")
    before = content(run.path)
    run.open(CONFIG, LABELS, FOLDS, precision="float32")
    assert content(run.path) == before and run.read_folds() == FOLDS


@pytest.mark.parametrize("epochs", [0, 1])
def test_only_a_run_without_a_complete_epoch_is_discarded(run, epochs):
    (run.fold(0) / "state").mkdir(parents=True)
    if epochs:
        (run.fold(0) / "history.jsonl").write_text("{}", encoding="utf-8")
    run.discard_untrained()
    assert run.path.exists() is bool(epochs)


MORE = CONFIG.replace(epochs=5)


@pytest.fixture
def partly(run) -> RunFolder:
    """A run with a complete fold, killed before its state was removed, and one that was stopped."""
    complete(run, 0)
    names = "fold-0/model/weights.safetensors", "fold-0/history.jsonl", *(f"fold-{n}/state/training" for n in (0, 1))
    for path in map(run.path.joinpath, names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return run


def test_more_epochs_reopen_complete_folds_and_what_that_means_is_said(partly, caplog):
    before = content(partly.path)
    with caplog.at_level(logging.INFO):
        assert partly.open(MORE, LABELS, FOLDS, precision="float32") == MORE
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == (
        f"{partly.path}: 3 epochs were done, trains 2 more from the best model of each fold (docs/recipe.md). "
        "out_of_fold.jsonl is removed until all are trained; scores.json shows the old epochs until then, report.html "
        "(if there is one) until `bert4ner report` writes it again"
    )
    assert partly.incomplete() == [Training(0), Training(1)]
    assert Config.load(partly.path / "config.toml") == MORE
    assert json.loads((partly.path / "environment.json").read_text(encoding="utf-8"))["epochs_before"] == 3
    changed = {"fold-0/predictions.jsonl", "fold-0/state/training", "config.toml", "environment.json"}
    after = content(partly.path)
    assert {name for name in before if before[name] != after.get(name)} == changed
    with pytest.raises(RunError, match="epochs was 5, now 3"):
        partly.open(CONFIG, LABELS, FOLDS, precision="float32")
    caplog.clear()
    partly.open(MORE, LABELS, FOLDS, precision="float32")  # stopped and called again
    assert not caplog.records and content(partly.path) == after


def test_killed_while_it_is_reopened_it_is_the_run_that_it_was(partly, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception, match="killed"):
            partly.open(MORE, LABELS, FOLDS, precision="float32")
    assert partly.open(CONFIG, LABELS, FOLDS, precision="float32") == CONFIG
    assert partly.incomplete() == [Training(0), Training(1)]
    assert partly.open(MORE, LABELS, FOLDS, precision="float32") == MORE


@pytest.mark.parametrize("needed", ["model/weights.safetensors", "history.jsonl"])
def test_more_epochs_need_the_model_of_every_complete_fold(partly, needed):
    (partly.fold(0) / needed).unlink()
    before = content(partly.path)
    with pytest.raises(RunError, match=rf"from 3 to 5 epochs, fold-0/{needed} is missing; choose another --output"):
        partly.open(MORE, LABELS, FOLDS, precision="float32")
    assert content(partly.path) == before


def test_a_combined_run_is_not_trained(tmp_path):
    (tmp_path / "combination.json").touch()
    with pytest.raises(RunError, match="holds a combined run, which is not trained; choose another --output"):
        RunFolder(tmp_path).open(CONFIG, LABELS, FOLDS, precision="float32")


def test_missing_labels_are_reported(run):
    (run.path / "labels.txt").unlink()
    with pytest.raises(RunError, match=r"labels\.txt is missing"):
        run.read_labels()


def test_labels_survive_an_editor_that_drops_the_last_line_end(run):
    (run.path / "labels.txt").write_bytes(b"DRUG\r\nSYMPTOM")
    assert run.read_labels() == LABELS


def test_other_arithmetic_on_this_machine_is_reported_while_folds_are_open(run, caplog):
    with caplog.at_level(logging.WARNING):
        run.open(CONFIG, LABELS, FOLDS, precision="float32")
        assert not caplog.records
        run.open(CONFIG, LABELS, FOLDS, precision="bfloat16")
        assert "begun in float32, continues in bfloat16" in caplog.text
        caplog.clear()
        complete(run, 0), complete(run, 1)
        run.open(CONFIG, LABELS, FOLDS, precision="bfloat16")
        (run.path / "environment.json").write_text("?", encoding="utf-8")
        run.open(CONFIG, LABELS, FOLDS, precision="float32")
        assert not caplog.records


def test_tidying_leaves_what_is_complete_or_unfinished_or_not_ours(run):
    complete(run, 0)
    kept = ["fold-0/model/weights", "fold-1/state/training", "fold-1/model/.weights.1.part", ".report.html.5.part"]
    gone = [
        "fold-0/state/training",
        "fold-0/model/.weights.12.part",
        "fold-0/.predictions.jsonl.7.part",
        ".scores.json.77.part",
    ]
    for name in kept + gone:
        (run.path / name).parent.mkdir(parents=True, exist_ok=True)
        (run.path / name).write_text("", encoding="utf-8")
    before = set(content(run.path))
    run.tidy()
    assert set(content(run.path)) == before - set(gone)
    assert not (run.path / "fold-0" / "state").exists()
