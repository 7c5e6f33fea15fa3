"""From runs to one run that is complete in itself: what it finds, what its scores are of, what it refuses."""

import json
import shutil

import numpy as np
import pytest

from bert4ner.combine import combine_runs as module
from bert4ner.combine.combination import Combination
from bert4ner.combine.combine_runs import CombineOptions, combine_runs
from bert4ner.combine.recognizer import CombinedRecognizer, load_recognizer
from bert4ner.combine.thresholds import Aim
from bert4ner.combine.voting import vote
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity, overlapping_entities
from bert4ner.errors import CheckpointError, ConfigError, DataError, RunError
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.scoring.metrics import evaluate

VOTE = CombineOptions(method="vote")


def out_of_fold(run):
    return read_documents(run / "out_of_fold.jsonl", "jsonl")


def assert_same(one, other, *, scores):
    assert [document.id for document in one] == [document.id for document in other]
    for mine, yours in zip(one, other, strict=True):
        assert mine.entities == yours.entities
        assert [e.score for e in mine.entities] == pytest.approx([e.score for e in yours.entities], abs=scores)


@pytest.fixture
def copy_of(runs, tmp_path):
    """A copy of a run that may be changed."""
    return lambda name, to="copy": shutil.copytree(runs[name], tmp_path / to)


def test_a_vote_of_a_run_and_its_copy_is_that_run(runs, copy_of, gold, tmp_path):
    scores = combine_runs([runs["crf"], copy_of("crf")], output=tmp_path / "both", gold=gold, options=VOTE)
    assert_same(out_of_fold(tmp_path / "both"), out_of_fold(runs["crf"]), scores=1e-9)
    assert scores == evaluate(gold, out_of_fold(runs["crf"])) and 0 < scores.micro.f1 < 1
    together, alone = load_recognizer(tmp_path / "both"), load_recognizer(runs["crf"])
    assert isinstance(together, CombinedRecognizer) and isinstance(alone, NamedEntityRecognizer)
    assert_same(list(together.predict(gold)), list(alone.predict(gold)), scores=1e-4)


def test_the_probability_of_a_single_run_is_what_its_models_that_did_not_see_the_text_say(runs, gold, tmp_path):
    for name, path in runs.items():
        combine_runs([path], output=tmp_path / name, gold=gold, options=CombineOptions(threshold=0.0))
        assert_same(out_of_fold(tmp_path / name), out_of_fold(path), scores=1e-4)


def test_a_combined_run_is_complete_in_itself_and_says_what_it_is(runs, copy_of, gold, tmp_path, read_json):
    members, run = [copy_of("crf", "one"), copy_of("biaffine", "other")], tmp_path / "combined"
    options = CombineOptions(weights=[3, 1], aim=Aim.parse("f1"))
    scores = combine_runs(members, output=run, gold=gold, options=options)
    for member in members:
        shutil.rmtree(member)
    assert {path.name for path in run.iterdir()} == {
        "combination.json", "environment.json", "labels.txt", "member-0", "member-1", "out_of_fold.jsonl", "scores.json"
    }  # fmt: skip
    combination = Combination.load(run)
    assert combination.names == ("one", "other") and combination.weights == (3, 1)
    assert set(combination.thresholds) <= {"DRUG", "SYMPTOM"} and combination.thresholds
    summary = read_json(run / "scores.json")
    assert summary["out_of_fold"]["micro"]["f1"] == scores.micro.f1 == evaluate(gold, out_of_fold(run)).micro.f1
    assert summary["thresholds"]["f1_nested"] == scores.micro.f1
    assert [fold["documents"] for fold in summary["folds"]] == [8, 8] and [m["name"] for m in summary["members"]]
    ner = load_recognizer(run)
    assert ner.labels == ("DRUG", "SYMPTOM")
    found = ner.recognize(gold[-1].text)
    assert found and not overlapping_entities(found) and all(0 < each.score <= 1 for each in found)
    with pytest.raises(RunError, match=r"load it with bert4ner\.load_recognizer"):
        NamedEntityRecognizer.load(run)
    with pytest.raises(RunError, match="is a combination itself"):
        combine_runs([run], output=tmp_path / "again")


def test_thresholds_raise_the_recall_that_is_wished(runs, gold, tmp_path):
    every = [runs["crf"], runs["span"]]
    recalls = []
    for aim in ("recall=1", "recall=0.3"):
        options = CombineOptions(aim=Aim.parse(aim))
        recalls.append(combine_runs(every, output=tmp_path / aim, gold=gold, options=options).micro.recall)
    assert recalls[0] > recalls[1] + 0.1


def test_votes_count_what_each_run_found_itself(runs, gold, tmp_path):
    paths = list(runs.values())
    options = CombineOptions(method="vote", quorum=1, label_quorum={"DRUG": 3}, weights="f1")
    combine_runs(paths, output=tmp_path / "run", options=options)
    weights = Combination.load(tmp_path / "run").weights
    assert weights == pytest.approx([evaluate(gold, out_of_fold(path)).micro.f1 for path in paths])
    members = [NamedEntityRecognizer.load(path) for path in paths]
    ner = load_recognizer(tmp_path / "run")
    assert not (tmp_path / "run" / "scores.json").exists()
    own = zip(*(member.predict(gold) for member in members), strict=True)
    for found, each in zip(ner.predict(gold), own, strict=True):
        voted = vote([one.entities for one in each], quorum=1, label_quorum={"DRUG": 3}, weights=weights)
        assert set(found.entities) <= set(voted) and any(found.entities) == any(voted)


def test_without_gold_the_combination_is_the_same_but_for_scores(runs, gold, tmp_path):
    paths = [runs["crf"]]
    assert combine_runs(paths, output=tmp_path / "blind") is None
    assert combine_runs(paths, output=tmp_path / "scored", gold=gold[::-1]) is not None
    assert_same(out_of_fold(tmp_path / "blind"), out_of_fold(tmp_path / "scored"), scores=0)
    with pytest.raises(ConfigError, match="thresholds are chosen on annotated documents"):
        combine_runs(paths, output=tmp_path / "third", options=CombineOptions(aim=Aim.parse("f1")))
    assert not (tmp_path / "third").exists()


def test_a_run_of_one_fold_is_divided_for_its_thresholds(configs, models, gold, tmp_path, read_json):
    from tests.combine.conftest import write_run

    run = write_run(tmp_path / "one", configs["crf"], models["crf"][:1], gold)
    combine_runs([run], output=tmp_path / "tuned", gold=gold, options=CombineOptions(aim=Aim.parse("f2")))
    assert len(read_json(tmp_path / "tuned" / "scores.json")["folds"]) == 5


# --- what is refused ---


def without_fold(run):
    (run / "fold-1" / "predictions.jsonl").unlink()


def with_other_labels(run):
    (run / "labels.txt").write_text("DRUG\n", encoding="utf-8")


def with_other_text(run):
    first, *others = out_of_fold(run)
    write_documents([Document(first.id, first.text + "丸"), *others], run / "out_of_fold.jsonl", "jsonl")


def with_fewer_documents(run):
    write_documents(out_of_fold(run)[:-1], run / "out_of_fold.jsonl", "jsonl")


def with_a_foreign_document(run):
    write_documents([*out_of_fold(run), Document("foreign", "丸")], run / "out_of_fold.jsonl", "jsonl")


def with_broken_weights(run):
    path = run / "fold-1" / "model" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def without(name):
    return lambda run: (run / name).unlink()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (without_fold, "fold 1 of 2 is not complete; run the command that made it again"),
        (with_other_labels, "was trained for the labels DRUG, "),
        (with_other_text, "of 16 documents, .* and 1 differ, e.g. 'text 0'"),
        (with_fewer_documents, "of 15 documents, those of .* of 16, and 1 differ, e.g. 'text 15'"),
        (with_a_foreign_document, "holds the document 'foreign', which no fold"),
        (with_broken_weights, "weights.safetensors"),
        (without("out_of_fold.jsonl"), "no out-of-fold predictions"),
        (without("scores.json"), "scores.json is missing or damaged"),
        (without("folds.json"), "no run, folds.json is missing"),
        (lambda run: (run / "scores.json").write_text("[]", encoding="utf-8"), "scores.json is missing or damaged"),
        (lambda run: (run / "folds.json").write_text("{", encoding="utf-8"), "damaged"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_take_part_is_named_before_anything_is_computed(
    damage, told, runs, copy_of, gold, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "_candidates", None)
    damage(run := copy_of("span", "damaged"))
    with pytest.raises((RunError, CheckpointError), match=f"damaged.*{told}"):
        combine_runs([runs["crf"], run], output=tmp_path / "output", gold=gold)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged"]


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"quorum": 2}, ConfigError, "a quorum is for the method vote"),
        ({"method": "vote", "quorum": 3}, ConfigError, r"quorum must be in \[1, 2\]"),
        ({"method": "vote", "label_quorum": {"HERB": 1}}, ConfigError, "unknown label 'HERB'; known: DRUG, SYMPTOM"),
        ({"method": "stack"}, ConfigError, "method must be probability or vote, got 'stack'"),
        ({"threshold": 1.5}, ConfigError, r"threshold must be in \[0, 1\], got 1.5"),
        ({"weights": [1]}, ConfigError, "one weight for each of 2 members, got 1"),
    ],
)
def test_impossible_options_are_refused(options, error, told, runs, tmp_path):
    with pytest.raises(error, match=told):
        combine_runs([runs["crf"], runs["span"]], output=tmp_path / "run", options=CombineOptions(**options))
    assert list(tmp_path.iterdir()) == []


def test_other_gold_and_a_bad_output_are_refused(runs, gold, tmp_path):
    with pytest.raises(DataError, match="gold lacks 1 of the 16 documents"):
        combine_runs([runs["crf"]], output=tmp_path / "run", gold=gold[1:])
    herb = Document(gold[0].id, gold[0].text, (Entity(0, 1, "HERB"),))
    with pytest.raises(DataError, match="gold has labels that the runs do not know: HERB"):
        combine_runs([runs["crf"]], output=tmp_path / "run", gold=[herb, *gold[1:]])
    with pytest.raises(RunError, match="given twice"):
        combine_runs([runs["crf"], runs["crf"]], output=tmp_path / "run")
    with pytest.raises(ConfigError, match="nothing to combine"):
        combine_runs([], output=tmp_path / "run")
    with pytest.raises(DataError, match="lies inside"):
        combine_runs([runs["crf"]], output=runs["crf"] / "combined")
    with pytest.raises(DataError, match="not empty"):
        combine_runs([runs["crf"]], output=runs["span"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda values: {**values, "format": 2}, "expected format 1, found 2"),
        (lambda values: {**values, "quorum": 0}, "damaged .*quorum must be in"),
        (lambda values: {name: value for name, value in values.items() if name != "members"}, "damaged .*members"),
        (lambda values: [], "expected format 1, found None"),
        (lambda values: {**values, "members": values["members"] * 2}, "member-1 is missing"),
    ],
)
def test_a_changed_combination_is_told(change, told, runs, tmp_path, read_json):
    combine_runs([runs["crf"]], output=tmp_path / "run", options=VOTE)
    path = tmp_path / "run" / "combination.json"
    path.write_text(json.dumps(change(read_json(path))), encoding="utf-8")
    with pytest.raises(RunError, match=told):
        load_recognizer(tmp_path / "run")


def test_a_combination_round_trips(tmp_path):
    combination = Combination("vote", ("一", "two"), (1.0, 2.5), 2, {"DRUG": 1}, thresholds={"DRUG": np.pi / 7})
    (tmp_path / "combination.json").write_text(combination.to_json(), encoding="utf-8")
    assert Combination.load(tmp_path) == combination
