"""Whatever a file of a run is changed to, its report is written or refused in one line that names the file."""

import copy
import json
import random

import pytest

from bert4ner.errors import ConfigError, DataError, RunError
from bert4ner.report.page import render, write_report
from bert4ner.report.plots import draw_curves, draw_tradeoff
from bert4ner.runs.combined import write_curves
from bert4ner.runs.record import open_run

HUGE = 5000 * "9"
VALUES = ["null", '"x"', "3", "[]", "{}", "NaN", "1e999", "-1", "1e300", "true", "[1, 2]", '"\\ud800"', HUGE, 400 * "9"]
VALUES += [depth * "[" + depth * "]" for depth in (50, 700, 800, 850, 900, 920, 940, 960, 100_000)]
TRAINED = ("environment.json", "folds.json", "scores.json", "out_of_fold.jsonl", "fold-0/history.jsonl")
COMBINED = ("environment.json", "combination.json", "curves.json", "scores.json", "out_of_fold.jsonl")
CURVES = {"DRUG": {"threshold": [0.9, 0.5], "precision": [1.0, 0.5], "recall": [0.25, 0.5]}}


def refusal(read):
    """The one line that refuses what is read; none where it is fit to be shown."""
    try:
        read()
    except (RunError, ConfigError, DataError) as error:
        line = str(error)
    else:
        return None
    assert line
    assert "\n" not in line
    return line


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def mutated(text, rng):
    """The text with one value of one of its JSON documents replaced."""
    lines = text.splitlines() if "}\n{" in text else [text]
    number = rng.randrange(len(lines))
    value = {"": copy.deepcopy(json.loads(lines[number]))}
    where = ("", *rng.choice(list(places(value[""]))))
    holder = value
    for key in where[:-1]:
        holder = holder[key]
    holder[where[-1]] = "@here@"
    lines[number] = json.dumps(value[""]).replace('"@here@"', rng.choice(VALUES))
    return "\n".join(lines) + "\n"


def without_plots(monkeypatch):
    """Drawing takes a tenth of a second; that what was drawn can be drawn, the tests below show."""
    for name in ("draw_curves", "draw_tradeoff"):
        monkeypatch.setattr(f"bert4ner.report.run_values.{name}", lambda *_, **__: "")
    monkeypatch.setattr("bert4ner.report.gold_values.draw_reliability", lambda *_, **__: "")


@pytest.mark.parametrize("kind", ["trained", "combined"])
def test_any_changed_value_is_refused_in_a_line_or_reported(request, run, gold, kind, monkeypatch, tmp_path):
    names = TRAINED if kind == "trained" else COMBINED
    if kind == "combined":
        write_curves(request.getfixturevalue("combined"), CURVES)
    without_plots(monkeypatch)
    page = tmp_path / "page.html"
    assert refusal(lambda: write_report(run, gold=gold, output=page)) is None
    rng, refused = random.Random(1), 0
    for _ in range(150):
        path = run / rng.choice(names)
        text = path.read_text(encoding="utf-8")
        path.write_text(mutated(text, rng), encoding="utf-8")
        refused += refusal(lambda: write_report(run, gold=gold, output=page)) is not None
        path.write_text(text, encoding="utf-8")
    assert refused > 60


@pytest.mark.parametrize("value", VALUES)
def test_whatever_is_read_can_be_drawn(combined, run, value):
    (combined / "curves.json").write_text(
        f'{{"DRUG": {{"threshold": [{value}], "precision": [{value}], "recall": [1]}}}}', encoding="utf-8"
    )
    line = refusal(lambda: draw_tradeoff(open_run(combined).curves["DRUG"], selected=(0.5, 0.5), name="a"))
    assert line is None or "curves.json: damaged" in line


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("environment.json", {"packages": 3}, "expected packages to be names with values, found 3"),
        ("environment.json", {"command": 5}, "expected command to be a list, found 5"),
        ("environment.json", {"command": [1, 2]}, r"expected command\[0\] to be a text, found 1"),
        (
            "curves.json",
            {"A": {"threshold": 1, "precision": 1, "recall": 1}},
            "expected A.threshold to be a list",
        ),
        ("curves.json", {"A": {"threshold": ["x"], "precision": [1], "recall": [1]}}, "found 'x'"),
        ("curves.json", {"A": {"threshold": [1], "precision": [None], "recall": [1]}}, "found None"),
    ],
)
def test_damage_is_reported_by_file_and_value(combined, gold, name, content, message):
    (combined / name).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RunError, match=message) as error:
        render(open_run(combined), gold)
    assert name in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": {}}, "'thresholds.f1_without' is missing"),
        ({"bootstrap_f1": [0.1]}, "bootstrap_f1 to be a list of 2, found"),
        ({"bootstrap_f1": [0.1, 1.5]}, r"expected bootstrap_f1\[1\] to be a number in \[0, 1\], found 1.5"),
        ({"bootstrap_f1": [0.1, float("nan")]}, "NaN is no number in JSON"),
        ({"members": []}, "'members' is missing"),
        ({"folds": []}, "one fold or more"),
        ({"out_of_fold": {"labels": {"X": {"hits": 3, "gold": 2, "predicted": 4}}}}, "3 of 2 gold entities were hits"),
        ({"out_of_fold": {"labels": {"X": {"hits": 3, "gold": 4, "predicted": 2}}}}, "3 of 2 predicted entities"),
    ],
)
def test_damaged_scores_are_reported(combined, change, message):
    path = combined / "scores.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(RunError, match=rf"scores\.json: damaged, .*{message}"):
        _ = open_run(combined).sheet


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fold": 7}, "folds numbered 0 to 1"),
        (
            {"best_epoch": "x"},
            r"expected folds\[1\].best_epoch to be a whole number of at least 1, found 'x'",
        ),
        ({"f1": -0.5}, r"expected folds\[1\].f1 to be a number in \[0, 1\], found -0.5"),
    ],
)
def test_a_damaged_fold_is_reported(run, change, message):
    path = run / "scores.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["folds"][1].update(change)
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(RunError, match=rf"scores\.json: damaged, .*{message}"):
        _ = open_run(run).sheet


@pytest.mark.parametrize("key", ["evaluation_seconds", "learning_rate", "loss", "epoch"])
@pytest.mark.parametrize("value", VALUES)
def test_a_history_that_is_read_can_be_drawn(run, history, key, value):
    text = json.dumps({**history(1)[0], key: "@here@"}).replace('"@here@"', value)
    (run / "fold-0" / "history.jsonl").write_text(text + "\n", encoding="utf-8")
    limits = {"score": (0, 100), "loss": (0, 1)}
    line = refusal(lambda: draw_curves(open_run(run).histories[0], best_epoch=1, limits=limits, name="a"))
    assert line is None or "history.jsonl: damaged" in line


def test_words_of_a_command_that_are_no_utf_8_are_shown_escaped(run):
    values = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    values["command"] = ["bert4ner", "train", "\udcff"]
    (run / "environment.json").write_text(json.dumps(values), encoding="utf-8")
    assert r"\udcff" in write_report(run).read_text(encoding="utf-8")
