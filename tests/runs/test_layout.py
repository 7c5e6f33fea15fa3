"""Every name of a run's files is spelled in one module; the kind of a folder is known from its files alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bert4ner.runs import layout
from bert4ner.runs.layout import find_out_of_fold, is_combination, is_run, is_trained, model_folder

PACKAGE = Path(layout.__file__).parent.parent
WORDS = {layout.MODEL, layout.STATE}  # words of the language, too: names of files only behind a slash
NAMES = {value for name, value in vars(layout).items() if name.isupper() and isinstance(value, str)} - WORDS
NUMBERED = [layout.fold_name(0).removesuffix("0"), layout.member_name(0).removesuffix("0")]
# Hugging Face's folders have one of that name, too
OTHERS = {layout.MODEL_CONFIG: {"pretrained", "piece_files.py", "piece_settings.py"}}
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "_vendor" not in path.parts]


def spelled(source: str) -> Iterator[str]:
    """The names of a run's files that a source writes out, alone, at the end of a path, or behind a slash."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.split("/")[-1] in NAMES:
            yield node.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from (word for word in WORDS if isinstance(node.right, ast.Constant) and node.right.value == word)
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield from (start for start in NUMBERED if node.values[0].value == start)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_other_module_spells_a_name(path):
    if path == Path(layout.__file__):
        return
    found = [
        name for name in spelled(path.read_text(encoding="utf-8")) if not OTHERS.get(name, set()) & set(path.parts)
    ]
    assert found == [], f"{path.name} spells {', '.join(found)}; take the name from runs.layout"


def test_a_spelled_name_is_reported():
    lines = ['a = run / "model"', 'c = "fold-0/scores.json"', 'd = f"fold-{c}"', 'e = run / "state" / a']
    allowed = ['b = {"model": 1}', "f = run / MODEL", 'g = "the model"', 'h = f"{a}-fold-{c}"']
    assert [name for line in lines for name in spelled(line)] == ["model", "fold-0/scores.json", "fold-", "state"]
    assert list(spelled("\n".join(allowed))) == []


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "name", ["folds.json", "combination.json", "config.json", "weights.safetensors", "model/vocab.txt"]
)
def test_any_file_of_a_run_a_fold_or_a_model_reports_what_it_is(tmp_path, name):
    assert is_run(make(tmp_path / "run", name))


def test_documents_are_no_run(tmp_path):
    assert not is_run(make(tmp_path / "brat", "a.txt", "a.ann")) and not is_run(tmp_path / "brat" / "a.txt")
    assert not is_run(tmp_path / "nothing")


def test_trained_and_combined_runs_are_distinguished(tmp_path):
    trained, combined = make(tmp_path / "one", "folds.json"), make(tmp_path / "both", "combination.json")
    assert [is_trained(trained), is_combination(trained)] == [True, False]
    assert [is_trained(combined), is_combination(combined)] == [False, True]


def test_the_model_of_a_fold_or_the_folder_itself(tmp_path):
    fold = make(tmp_path / "fold-0", "model/config.json")
    assert model_folder(fold) == model_folder(fold / "model") == fold / "model"


def test_out_of_fold_predictions_are_found_from_the_run_its_fold_and_its_model(tmp_path):
    run = make(tmp_path / "run", "out_of_fold.jsonl", "fold-0/model/config.json")
    for path in (run, run / "fold-0", run / "fold-0" / "model"):
        assert find_out_of_fold(path) == run / "out_of_fold.jsonl"
    assert find_out_of_fold(make(tmp_path / "other", "config.json")) is None
