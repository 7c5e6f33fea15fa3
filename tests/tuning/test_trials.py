"""The files of a search: they read back, and what is no search, another one or damaged is refused."""

import json

import pytest

from bert4ner.config import Config
from bert4ner.errors import RunError
from bert4ner.tuning.space import Choice, Interval
from bert4ner.tuning.trials import SEARCH, TRIALS, Search, Trial, best_of, open_search, read_trials, write_trials

SPACE = {
    "batch_tokens": Choice((1024, 2048)),
    "head": Choice(("crf", "w2ner")),
    "learning_rate": Interval(1e-5, 1e-3),
    "modifiers": Choice(("", "ema")),
    "recompute": Choice((True, False)),
}
SAME = Search("abc", None, Config(epochs=3), SPACE)
TRIED = [
    Trial(1, {"head": "crf"}, "complete", f1=0.5, epochs=(0.4, 0.5), seconds=3.5),
    Trial(
        2, {"batch_tokens": 2048, "recompute": True, "modifiers": "", "learning_rate": 1e-4}, "failed", reason="full"
    ),
    Trial(3, {"head": "w2ner", "learning_rate": 2e-4}, "begun"),
]


def test_trials_read_back(tmp_path):
    assert open_search(tmp_path, SAME) == []
    write_trials(tmp_path, TRIED)
    again = open_search(tmp_path, SAME)
    assert again == TRIED
    assert [type(value) for value in again[1].options.values()] == [int, bool, str, float]


def test_the_first_of_equally_good_complete_trials_is_the_best():
    found = [
        Trial(1, {}, "complete", f1=0.5),
        Trial(2, {}, "complete", f1=0.6),
        Trial(3, {}, "complete", f1=0.6),
        Trial(4, {}, "stopped", f1=0.9),
        Trial(5, {}, "failed"),
    ]
    assert best_of(found).number == 2


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Search("abd", None, Config(epochs=3), SPACE), "the documents differ"),
        (Search("abc", "abc", Config(epochs=3), SPACE), "the documents differ"),
        (Search("abc", None, Config(epochs=4), SPACE), "epochs was 3, now 4"),
        (
            Search("abc", None, Config(epochs=3), {"head": SPACE["head"]}),
            "search was head=crf|w2ner .*, now head=crf|w2ner",
        ),
        (Search("abc", None, Config(epochs=3), SPACE, folds=3), "folds was none, now 3"),
        (Search("abc", None, Config(epochs=3), SPACE, prune=False), "prune was true, now false"),
    ],
)
def test_another_search_is_refused_by_what_differs(tmp_path, other, said):
    open_search(tmp_path, SAME)
    before = (tmp_path / SEARCH).read_bytes()
    with pytest.raises(RunError, match=f"holds another search \\({said}\\); choose another --output"):
        open_search(tmp_path, other)
    assert (tmp_path / SEARCH).read_bytes() == before


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty and holds no search; choose another --output"):
        open_search(tmp_path, SAME)
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"number": 2, "options": {}, "state": "begun"}, "line 1: expected trial 1, found 2"),
        ({"number": 1, "options": {}, "state": "ended"}, "line 1: expected state to be 'begun' or"),
        ({"number": 1, "options": {}, "state": "complete"}, "line 1: trial 1 is complete without an F1"),
        ({"number": 1, "options": {"head": ["crf"]}, "state": "begun"}, "line 1: expected options.head to be"),
        ({"number": 1, "options": {}, "state": "complete", "f1": 50}, "line 1: expected f1 to be"),
    ],
)
def test_a_damaged_file_of_trials_names_the_line(tmp_path, line, said):
    (tmp_path / TRIALS).write_text(json.dumps(line) + "\n", encoding="utf-8")
    with pytest.raises(RunError) as refused:
        read_trials(tmp_path)
    assert said in str(refused.value) and str(tmp_path / TRIALS) in str(refused.value)


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        ([Trial(1, {}, "failed")], "line 1: expected the first trial to be complete, found failed"),
        ([Trial(1, {}, "begun"), Trial(2, {}, "begun")], "line 1: expected the outcome of the trial"),
        ([Trial(1, {"head": "span"}, "begun")], "line 1: head has no value of this search"),
        ([Trial(1, {"epochs": 3}, "begun")], "line 1: epochs has no value of this search"),
    ],
)
def test_trials_of_no_such_search_are_refused(tmp_path, trials, said):
    open_search(tmp_path, SAME)
    write_trials(tmp_path, trials)
    with pytest.raises(RunError, match=said):
        open_search(tmp_path, SAME)


def test_a_search_of_a_newer_version_is_refused(tmp_path):
    open_search(tmp_path, SAME)
    content = json.loads((tmp_path / SEARCH).read_text(encoding="utf-8"))
    (tmp_path / SEARCH).write_text(json.dumps({**content, "format": 2}), encoding="utf-8")
    with pytest.raises(RunError, match="has format 2, this version of bert4ner reads formats up to 1"):
        open_search(tmp_path, SAME)
