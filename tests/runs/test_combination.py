"""A combination is plain data: checked when it is made, the same again when it is read."""

import json
import math

import pytest

from bert4ner.errors import ConfigError, RunError
from bert4ner.runs.combination import Combination, read_combination
from bert4ner.runs.fitted import Calibration, Stacker
from bert4ner.runs.rules import Rule, SpanRules

VOTE = Combination("vote", ("一", "two"), (1.0, 2.5), 2, {"DRUG": 1}, thresholds={"DRUG": math.pi / 7}, sizes=(2, 1))
FITTED = Combination(
    "stacking",
    ("a", "b"),
    (1.0, 1.0),
    rule=Rule(0.5, "any", 7, SpanRules({"*": 9})),
    stacker=Stacker((1 / 3, -0.25), 0.1, {"DRUG": 1e-9}),
    calibration=Calibration("isotonic", scores=(0.1, 0.2), chances=(0.0, 1 / 7)),
)


@pytest.mark.parametrize("combination", [VOTE, FITTED], ids=["vote", "fitted"])
def test_a_combination_round_trips(combination, tmp_path):
    (tmp_path / "combination.json").write_text(combination.to_json(), encoding="utf-8")
    assert read_combination(tmp_path) == combination


def test_the_format_before_characters_is_still_read(tmp_path):
    values = json.loads(FITTED.to_json()) | {"format": 3}
    (tmp_path / "combination.json").write_text(json.dumps(values), encoding="utf-8")
    assert read_combination(tmp_path) == FITTED


def test_the_folders_of_members_are_numbered_through():
    assert VOTE.folders() == [("member-0", "member-1"), ("member-2",)]
    assert FITTED.folders() == [("member-0",), ("member-1",)]


def test_what_members_count_is_their_weight_or_what_was_learned():
    assert VOTE.used_weights == (1.0, 2.5) and FITTED.used_weights == (1 / 3, -0.25)


def test_members_of_one_run_each_need_no_sizes():
    assert Combination("vote", ("a", "b"), (1.0, 1.0), sizes=(1, 1)) == Combination("vote", ("a", "b"), (1.0, 1.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "guess"}, "method must be one of probability, vote, stacking, rescoring, got 'guess'"),
        ({"weights": (1.0,)}, "one weight for each of 2 members, got 1"),
        ({"weights": (1.0, 0.0)}, "weights must be above 0 and finite, got 0.0"),
        ({"quorum": 3}, r"quorum must be in \[1, 2\], the number of members, got 3"),
        ({"label_quorum": {"DRUG": 0}}, "quorum of label DRUG must be in"),
        ({"sizes": (1, 0)}, "each of 2 members must have a number of runs"),
        ({"thresholds": {"DRUG": -0.1}}, "threshold of label DRUG must be in"),
        ({"stacker": Stacker((1.0,), 0.0, {})}, "stacking 2 members needs as many weights, got 1"),
    ],
)
def test_impossible_combinations_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        Combination(**{"method": "vote", "names": ("a", "b"), "weights": (1.0, 1.0), **changes})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "expected format 4, found 2; another version"),
        ({"format": 5}, "has format 5, this version of bert4ner reads formats up to 4; install a newer one"),
        ({"quorum": 9}, "damaged, quorum must be in"),
        ({"members": None}, "damaged, expected members to be a list, found None"),
        ({"method": "stacking"}, "damaged, the model of 'stacking' is missing"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_reported(change, message, tmp_path):
    path = tmp_path / "combination.json"
    path.write_text(json.dumps({**json.loads(VOTE.to_json()), **change}), encoding="utf-8")
    with pytest.raises(RunError, match=rf"combination\.json: {message}"):
        read_combination(tmp_path)
