"""From runs to one run that is complete in itself: what it finds, what its scores are of, what it refuses."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from bert4ner.combine import combine_runs as module
from bert4ner.combine.candidates import Evidence
from bert4ner.combine.combine_runs import combine_runs
from bert4ner.combine.context import repeated
from bert4ner.combine.learning import calibrate, stack
from bert4ner.combine.options import CombineOptions
from bert4ner.combine.probabilities import average_probabilities
from bert4ner.combine.recognizer import CombinedRecognizer, load_recognizer
from bert4ner.combine.rescoring import known_words, rescore
from bert4ner.combine.thresholds import Aim
from bert4ner.combine.voting import vote
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity, overlapping_entities
from bert4ner.errors import CheckpointError, ConfigError, DataError, RunError
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.runs.combination import read_combination
from bert4ner.runs.manifest import verify
from bert4ner.runs.rules import SpanRules
from bert4ner.scoring.metrics import evaluate
from tests.combine.conftest import write_run
from tests.random_networks import random_model

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


@pytest.mark.parametrize("by_kind", [False, True])
def test_the_fusion_of_a_run_and_its_copies_is_that_run(runs, copy_of, gold, tmp_path, by_kind):
    paths = [runs["crf"], copy_of("crf", "second"), copy_of("crf", "third")]
    options = CombineOptions(threshold=0.0, aim=None, by_kind=by_kind)
    combine_runs(paths, output=tmp_path / "three", gold=gold, options=options)
    assert_same(out_of_fold(tmp_path / "three"), out_of_fold(runs["crf"]), scores=1e-4)
    together, alone = load_recognizer(tmp_path / "three"), load_recognizer(runs["crf"])
    for document in gold:
        assert set(together.recognize(document.text)) == set(alone.recognize(document.text))


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
        "combination.json",
        "curves.json",
        "environment.json",
        "labels.txt",
        "manifest.json",
        "member-0",
        "member-1",
        "out_of_fold.jsonl",
        "scores.json",
    }
    assert verify(run).differing == [] and not {run, run / "member-0/fold-0/model"} & {*verify(run).without}
    combination = read_combination(run)
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


def test_thresholds_give_the_target_recall(configs, models, gold, tmp_path):
    run = write_run(tmp_path / "one", configs["crf"], models["crf"][:1], gold)  # all folds are of one model
    for target in (1.0, 0.3):
        options = CombineOptions(aim=Aim("recall", target))
        scores = combine_runs([run], output=tmp_path / str(target), gold=gold, options=options)
        assert scores.micro.recall == pytest.approx(target, abs=0.12)


def test_votes_count_what_each_run_found_itself(runs, gold, tmp_path):
    paths = list(runs.values())
    options = CombineOptions(method="vote", quorum=1, label_quorum={"DRUG": 3}, weights="f1")
    combine_runs(paths, output=tmp_path / "run", options=options)
    weights = read_combination(tmp_path / "run").weights
    assert weights == pytest.approx([evaluate(gold, out_of_fold(path)).micro.f1 for path in paths])
    members = [NamedEntityRecognizer.load(path) for path in paths]
    ner = load_recognizer(tmp_path / "run")
    assert not (tmp_path / "run" / "scores.json").exists()
    own = zip(*(member.predict(gold) for member in members), strict=True)
    for found, each in zip(ner.predict(gold), own, strict=True):
        voted = vote([one.entities for one in each], quorum=1, label_quorum={"DRUG": 3}, weights=weights)
        assert set(found.entities) <= set(voted) and any(found.entities) == any(voted)


def test_without_gold_the_combination_is_the_same_but_for_scores(runs, gold, tmp_path):
    paths = [runs["crf"], runs["span"]]
    plain = CombineOptions(aim=None)
    assert combine_runs(paths, output=tmp_path / "blind", options=plain) is None
    assert combine_runs(paths, output=tmp_path / "scored", gold=gold[::-1], options=plain) is not None
    assert_same(out_of_fold(tmp_path / "blind"), out_of_fold(tmp_path / "scored"), scores=0)
    open_ended = ({"aim": Aim.parse("f1")}, {"method": "stacking"}, {"calibration": "isotonic"})
    for options in (*open_ended, {"method": "vote", "quorum": "auto"}):
        with pytest.raises(ConfigError, match="are fitted to annotated documents"):
            combine_runs(paths, output=tmp_path / "third", options=CombineOptions(**options))
    assert not (tmp_path / "third").exists()


def test_a_single_run_without_gold_is_left_as_it_is(runs, tmp_path):
    assert combine_runs([runs["crf"]], output=tmp_path / "same") is None
    assert_same(out_of_fold(tmp_path / "same"), out_of_fold(runs["crf"]), scores=1e-4)
    assert read_combination(tmp_path / "same").rule.threshold == 0.0


def test_with_gold_thresholds_for_f1_are_the_default_and_both_scores_are_reported(runs, gold, tmp_path, read_json):
    combine_runs([runs["crf"]], output=tmp_path / "default", gold=gold)
    combine_runs([runs["crf"]], output=tmp_path / "f1", gold=gold, options=CombineOptions(aim=Aim.parse("f1")))
    assert read_combination(tmp_path / "default") == read_combination(tmp_path / "f1") and (
        read_combination(tmp_path / "default").thresholds
    )
    result = read_json(tmp_path / "default" / "scores.json")
    alone = read_json(runs["crf"] / "scores.json")["out_of_fold"]["micro"]["f1"]
    assert result["thresholds"]["f1_without"] == pytest.approx(alone)
    assert result["thresholds"]["f1_nested"] == result["out_of_fold"]["micro"]["f1"]
    curves = read_json(tmp_path / "default" / "curves.json")
    assert set(curves) == {"DRUG", "SYMPTOM"} and max(curves["DRUG"]["recall"]) > 0
    for method, options in (("given", CombineOptions(threshold=0.5)), ("vote", VOTE)):
        combine_runs([runs["crf"]], output=tmp_path / method, gold=gold, options=options)
        assert not read_combination(tmp_path / method).thresholds


def test_more_paths_give_more_candidates_out_of_fold_and_in_use(runs, gold, tmp_path):
    every, found = list(runs.values()), {}
    for nbest in (1, 8):
        run = tmp_path / str(nbest)
        options = CombineOptions(nbest=nbest, threshold=0.0, aim=None)
        combine_runs(every, output=run, gold=gold, options=options)
        (member,) = {read_combination(run).rule.nbest}
        assert member == nbest
        recognizer = load_recognizer(run)
        probabilities = average_probabilities(recognizer.members, gold, batch_tokens=512, nbest=nbest)
        found[nbest] = [set(entities) for entities, _ in probabilities], out_of_fold(run)
        with pytest.raises(ConfigError, match="fixed when runs are combined"):
            recognizer.recognize("人参", nbest=2)
    assert all(one <= many for one, many in zip(found[1][0], found[8][0], strict=True))
    assert sum(map(len, found[8][0])) > sum(map(len, found[1][0]))


def test_candidates_of_several_paths_get_probabilities_from_out_of_fold_models(
    runs, models, gold, tmp_path, monkeypatch
):
    gathered = []
    gather = module.gather_probabilities
    monkeypatch.setattr(module, "gather_probabilities", lambda *a: gathered.append(gather(*a)) or gathered[-1])
    options = CombineOptions(nbest=5, aim=None)
    for cells in (2**26, 0):  # held, and made again
        monkeypatch.setattr("bert4ner.combine.probabilities.HELD_CELLS", cells)
        combine_runs([runs["crf"]], output=tmp_path / str(cells), gold=gold, options=options)
    for number, (held, again) in enumerate(zip(*gathered, strict=True)):
        np.testing.assert_allclose(held.probabilities, again.probabilities, atol=1e-6)
        own = NamedEntityRecognizer([models["crf"][number % 2]])
        expected = own.recognize(gold[number].text, nbest=5)
        assert set(expected) | set(out_of_fold(runs["crf"])[number].entities) == set(held.document.entities)
        scores = dict(zip(held.document.entities, held.probabilities[0], strict=True))
        for entity in expected:
            assert scores[entity] == pytest.approx(entity.score, abs=1e-4)


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_stacking_and_calibration_are_stored_and_applied(kind, runs, gold, tmp_path, read_json):
    run = tmp_path / "run"
    options = CombineOptions(method="stacking", calibration=kind, nbest=3)
    scores = combine_runs([runs["crf"], runs["span"]], output=run, gold=gold, options=options)
    stored, result = read_json(run / "combination.json"), read_json(run / "scores.json")
    assert len(stored["stacking"]["weights"]) == 2 and stored["calibration"]["kind"] == kind
    assert result["calibration"]["kind"] == kind and result["thresholds"]["f1_nested"] == scores.micro.f1
    recognizer = load_recognizer(run)
    combination = recognizer.combination
    text = gold[-1]
    (each,) = average_probabilities(recognizer.members, [text], batch_tokens=512, nbest=3)
    raw = stack(combination.stacker, [entity.label for entity in each[0]], each[1])
    expected = dict(zip(each[0], calibrate(combination.calibration, raw), strict=True))
    found = recognizer.recognize(text.text)
    assert found and all(entity.score == pytest.approx(expected[entity], abs=1e-5) for entity in found)
    assert all(entity.score >= combination.thresholds.get(entity.label, 0.5) for entity in found)


def test_rescoring_is_stored_and_proposes_and_scores_the_same_in_use(runs, gold, tmp_path, read_json):
    run = tmp_path / "run"
    combine_runs(
        [runs["crf"], runs["span"]], output=run, gold=gold, options=CombineOptions(method="rescoring", nbest=3)
    )
    stored, recognizer = read_json(run / "combination.json"), load_recognizer(run)
    rescorer = recognizer.combination.rescorer
    assert rescorer.members == 2 and set(stored["rescoring"]["labels"]) == set(rescorer.labels)
    text = replace(gold[-1], entities=())
    found = average_probabilities(recognizer.members, [text], batch_tokens=512, nbest=3, gazetteer=rescorer.gazetteer)
    ((candidates, probabilities),) = found
    plain = average_probabilities(recognizer.members, [text], batch_tokens=512, nbest=3)[0][0]
    assert set(candidates) == repeated(text, plain) | known_words(rescorer.gazetteer, text.text)
    evidence = Evidence(replace(text, entities=tuple(candidates)), probabilities)
    scores = dict(zip(*rescore(rescorer, evidence), strict=True))
    recognized = recognizer.recognize(text.text)
    assert recognized and all(entity.score == pytest.approx(scores[entity], abs=1e-5) for entity in recognized)


def test_rules_hold_out_of_fold_and_in_use(runs, gold, tmp_path):
    options = CombineOptions(threshold=0.0, rules=SpanRules({"*": 3, "DRUG": 1}, {"SYMPTOM": "。"}))
    combine_runs([runs["crf"]], output=tmp_path / "run", gold=gold, options=options)
    recognizer = load_recognizer(tmp_path / "run")
    for documents in (out_of_fold(tmp_path / "run"), recognizer.predict(gold)):
        mentions = [(each.mention(e), e.label) for each in documents for e in each.entities]
        assert mentions and all(len(text) <= (1 if label == "DRUG" else 3) for text, label in mentions)
        assert not any("。" in text for text, label in mentions if label == "SYMPTOM")
    options = CombineOptions(rules=SpanRules({"HERB": 3}))
    with pytest.raises(ConfigError, match="a rule for the unknown label 'HERB'"):
        combine_runs([runs["crf"]], output=tmp_path / "other", options=options)


def test_a_quorum_is_looked_for_out_of_fold(runs, gold, tmp_path, read_json):
    options = CombineOptions(method="vote", quorum="auto")
    scores = combine_runs(list(runs.values()), output=tmp_path / "run", gold=gold, options=options)
    result = read_json(tmp_path / "run" / "scores.json")["quorum"]
    assert result["f1_nested"] == scores.micro.f1
    by_quorum = {}
    for quorum in (1, 2, 3):
        options = CombineOptions(method="vote", quorum=quorum)
        found = combine_runs(list(runs.values()), output=tmp_path / str(quorum), gold=gold, options=options)
        by_quorum[quorum] = found.micro.f1
    assert by_quorum[read_combination(tmp_path / "run").quorum] == max(by_quorum.values())
    assert result["f1_on_themselves"] == max(by_quorum.values()) >= result["f1_nested"]


def test_a_run_of_one_fold_is_divided_for_its_thresholds(configs, models, gold, tmp_path, read_json):
    run = write_run(tmp_path / "one", configs["crf"], models["crf"][:1], gold)
    combine_runs([run], output=tmp_path / "tuned", gold=gold, options=CombineOptions(aim=Aim.parse("f2")))
    assert len(read_json(tmp_path / "tuned" / "scores.json")["folds"]) == 5


# --- kinds of heads ---


@pytest.fixture(scope="module")
def second(configs, gold, tmp_path_factory):
    """Another run of the head crf, of three folds, and its models."""
    models = [random_model(configs["crf"], 70 + fold) for fold in range(3)]
    return write_run(tmp_path_factory.mktemp("second") / "crf-2", configs["crf"], models, gold), models


def test_runs_of_one_head_are_averaged_before_heads_vote(runs, models, second, gold, tmp_path, read_json):
    run, others = second
    options = CombineOptions(method="vote", quorum=2, by_kind=True)
    scores = combine_runs([runs["crf"], runs["span"], run], output=tmp_path / "run", gold=gold, options=options)
    combination = read_combination(tmp_path / "run")
    assert combination.names == ("crf+crf-2", "span") and combination.sizes == (2, 1)
    result = read_json(tmp_path / "run" / "scores.json")["members"]
    together = []
    for number, (document, found, span) in enumerate(
        zip(gold, out_of_fold(tmp_path / "run"), out_of_fold(runs["span"]), strict=True)
    ):
        kind = NamedEntityRecognizer([models["crf"][number % 2], others[number % 3]])
        together.append(Document(document.id, document.text, tuple(kind.recognize(document.text))))
        assert set(found.entities) == set(together[-1].entities) & set(span.entities)
    assert [each["f1"] for each in result] == [
        evaluate(gold, documents).micro.f1 for documents in (together, out_of_fold(runs["span"]))
    ]
    assert 0 < scores.micro.f1 < 1
    recognizer = load_recognizer(tmp_path / "run")
    assert [len(member.models) for member in recognizer.members] == [5, 2]
    crf = NamedEntityRecognizer([*models["crf"], *others])
    span = NamedEntityRecognizer(models["span"])
    for text in (document.text for document in gold):
        assert set(recognizer.recognize(text)) == set(crf.recognize(text)) & set(span.recognize(text))


def test_the_probability_of_a_kind_is_the_mean_of_the_models_that_did_not_see_the_text(
    runs, models, second, gold, tmp_path
):
    run, others = second
    options = CombineOptions(threshold=0.0, nbest=3, by_kind=True)
    combine_runs([runs["crf"], run], output=tmp_path / "run", gold=gold, options=options)
    for number, document in enumerate(out_of_fold(tmp_path / "run")):
        pair = NamedEntityRecognizer([models["crf"][number % 2], others[number % 3]])
        text = Document("d", document.text)
        ((entities, probabilities),) = average_probabilities([pair], [text], batch_tokens=512, nbest=3)
        expected = dict(zip(entities, probabilities[0], strict=True))
        for entity in document.entities:
            assert entity.score == pytest.approx(expected[entity], abs=1e-4)
    assert sum(len(document.entities) for document in out_of_fold(tmp_path / "run")) > 10


def test_runs_of_one_head_that_cannot_be_averaged_are_named(runs, configs, models, gold, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "gather_probabilities", None)
    config = configs["crf"].replace(max_length=30)
    other = write_run(tmp_path / "short", config, [random_model(config, 5)], gold)
    message = r"crf, .*short: have the same head, but their models cannot be averaged: their windows differ; .*by-kind"
    with pytest.raises(RunError, match=message):
        combine_runs([runs["crf"], other], output=tmp_path / "run", options=CombineOptions(by_kind=True))


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


def with_another_vocabulary(run, folds=(0, 1)):
    for fold in folds:
        path = run / f"fold-{fold}" / "model" / "vocab.txt"
        path.with_name("manifest.json").unlink()  # as the error says of files that users change
        tokens = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([*tokens[:-2], tokens[-1], tokens[-2]]) + "\n", encoding="utf-8")


def with_two_vocabularies(run):
    with_another_vocabulary(run, folds=[1])


def with_a_model_of_other_labels(run):
    path = run / "fold-1" / "model" / "config.json"
    path.with_name("manifest.json").unlink()
    path.write_text(path.read_text(encoding="utf-8").replace("SYMPTOM", "HERB"), encoding="utf-8")


def without(name):
    return lambda run: (run / name).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_fold, r"fold-1 is not complete \(1 of 2\); run the command that made it again"),
        (with_other_labels, "was trained for the labels DRUG, "),
        (with_other_text, "of 16 documents, .* and 1 differ, e.g. 'text 0'"),
        (with_fewer_documents, "folds.json: holds out the document 'text 15', which out_of_fold.jsonl lacks"),
        (with_a_foreign_document, "holds the document 'foreign', which no fold"),
        (with_broken_weights, "weights.safetensors"),
        (without("out_of_fold.jsonl"), "the run is incomplete, out_of_fold.jsonl is missing"),
        (with_two_vocabularies, "its folds do not belong together, .* their vocabulary differ"),
        (with_another_vocabulary, r"another vocabulary \(107 tokens\) .*the same tokens, in another order"),
        (with_a_model_of_other_labels, "the model of fold-1 was trained for DRUG, HERB"),
        (without("scores.json"), "the run is incomplete, scores.json is missing"),
        (without("folds.json"), "not a run, folds.json is missing"),
        (
            lambda run: (run / "scores.json").write_text("[]", encoding="utf-8"),
            "scores.json: damaged, expected names",
        ),
        (lambda run: (run / "folds.json").write_text("{", encoding="utf-8"), "damaged"),
    ],
)
def test_a_run_that_cannot_take_part_is_named_before_anything_is_computed(
    damage, message, runs, copy_of, gold, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "gather_probabilities", None)
    damage(run := copy_of("span", "damaged"))
    with pytest.raises((RunError, CheckpointError), match=f"damaged.*{message}"):
        combine_runs([runs["crf"], run], output=tmp_path / "output", gold=gold)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged"]


def test_runs_of_other_vocabularies_are_combined_on_request(runs, copy_of, gold, tmp_path):
    with_another_vocabulary(other := copy_of("span"))
    options = CombineOptions(mixed_vocabularies=True, threshold=0.0)
    combine_runs([runs["crf"], other], output=tmp_path / "both", gold=gold, options=options)
    members = load_recognizer(tmp_path / "both").members
    assert members[0].models[0].vocabulary.tokens != members[1].models[0].vocabulary.tokens
    found = {each.id: set(each.entities) for each in out_of_fold(tmp_path / "both")}
    assert any(found[each.id] & set(each.entities) for each in out_of_fold(runs["crf"]))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"quorum": 2}, ConfigError, "a quorum needs the method vote"),
        ({"method": "vote", "quorum": 3}, ConfigError, r"quorum must be in \[1, 2\]"),
        (
            {"method": "vote", "label_quorum": {"HERB": 1}},
            ConfigError,
            "unknown label 'HERB'; expected one of DRUG, SYMPTOM",
        ),
        ({"method": "stack"}, ConfigError, "method must be one of probability, vote, stacking, rescoring, got 'stack'"),
        ({"by_kind": 1}, ConfigError, "by_kind must be true or false, got 1"),
        ({"mixed_vocabularies": "yes"}, ConfigError, "mixed_vocabularies must be true or false, got 'yes'"),
        ({"threshold": 1.5}, ConfigError, r"threshold must be in \[0, 1\], got 1.5"),
        ({"weights": [1]}, ConfigError, "one weight for each of 2 members, got 1"),
    ],
)
def test_impossible_options_are_refused(options, error, message, runs, tmp_path):
    with pytest.raises(error, match=message):
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
    ("change", "message"),
    [
        (lambda values: {**values, "format": 2}, "expected format 4, found 2"),
        (
            lambda values: {**values, "quorum": 0},
            "damaged, expected quorum to be a whole number of at least 1, found 0",
        ),
        (lambda values: {name: value for name, value in values.items() if name != "members"}, "damaged, .*members"),
        (lambda values: [], "damaged, expected names with values, found list"),
        (lambda values: {"members": []}, "expected format 4, found 1"),
        (
            lambda values: {**values, "members": values["members"] * 2},
            "expected the folders of the members in their order",
        ),
    ],
)
def test_a_changed_combination_is_reported(change, message, runs, tmp_path, read_json):
    combine_runs([runs["crf"]], output=tmp_path / "run", options=VOTE)
    path = tmp_path / "run" / "combination.json"
    path.write_text(json.dumps(change(read_json(path))), encoding="utf-8")
    with pytest.raises(RunError, match=message):
        load_recognizer(tmp_path / "run")
