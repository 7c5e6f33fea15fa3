"""The options of combining in a file, and those that contradict each other."""

import pytest

from bert4ner.combine.options import CombineOptions, parse_aim
from bert4ner.combine.thresholds import Aim
from bert4ner.errors import ConfigError
from bert4ner.runs.rules import SpanRules

FILE = """
method = "vote"
weights = [2, 1.5]
quorum = "auto"
threshold = 0.25
aim = "recall=0.9"
calibration = "isotonic"
by_kind = true
mixed_vocabularies = true

[label_quorum]
DRUG = 1

[rules.longest]
"*" = 30
DRUG = 12

[rules.forbidden]
"*" = "。；"

[rules.contains]
DOSE = "[0-9一二三]"
"""


def test_a_file_holds_all_options(tmp_path):
    path = tmp_path / "combine.toml"
    path.write_text(FILE, encoding="utf-8")
    assert CombineOptions.load(path) == CombineOptions(
        method="vote",
        weights=[2, 1.5],
        quorum="auto",
        label_quorum={"DRUG": 1},
        threshold=0.25,
        aim=Aim("recall", 0.9),
        calibration="isotonic",
        rules=SpanRules({"*": 30, "DRUG": 12}, {"*": "。；"}, {"DOSE": "[0-9一二三]"}),
        by_kind=True,
        mixed_vocabularies=True,
    )


@pytest.mark.parametrize(("text", "aim"), [("none", None), ("auto", "auto"), ("f2", Aim("f", 2))])
def test_an_aim_may_be_none_or_left_open(text, aim):
    assert parse_aim(text) == aim


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("methods = 'vote'", "unknown option 'methods'; did you mean 'method'"),
        ("method = 'mean'", "method must be one of probability, vote, stacking, rescoring, got 'mean'"),
        ("calibration = 'platt'", "calibration must be one of none, temperature, isotonic"),
        ("quorum = 2", "a quorum needs the method vote"),
        ("method = 'vote'\nquorum = 1.5", "quorum must be a whole number or auto, got 1.5"),
        ("method = 'vote'\nnbest = 5", "nbest above 1 adds candidates"),
        ("method = 'stacking'\nweights = 'f1'", "stacking learns the weights"),
        ("rules = 3", "rules must be a table"),
        ("[rules]\nlongest = {DRUG = 0}", "at least 1, got 0"),
        ("label_quorum = {DRUG = 'x'}", "a whole number for each label"),
        ("threshold = 'high'", "threshold must be a number, got 'high'"),
        ("weights = ['a']", "weights must be equal, f1 or a list of numbers"),
        ("aim = 'best'", "aim must be f1"),
        ("method = ", "not valid TOML"),
    ],
)
def test_what_a_file_must_not_hold_is_reported_with_its_name(text, message, tmp_path):
    path = tmp_path / "combine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"combine.toml: .*{message}"):
        CombineOptions.load(path)


def test_a_file_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read"):
        CombineOptions.load(tmp_path / "nowhere.toml")
