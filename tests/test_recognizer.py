"""Text in, entities out: any length, any company in the batch, one model or the average of a run's folds.

The networks are tiny and their weights random but large: they find entities everywhere, sure of some and not of others.
"""

import copy
import itertools
import pickle
import random
from pathlib import Path

import numpy as np
import pytest

from bert4ner.config import Config
from bert4ner.data.documents import write_documents
from bert4ner.decode.lattice import Lattice
from bert4ner.entities import Document, Entity
from bert4ner.errors import CheckpointError, DataError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Folds
from tests.random_networks import CHARACTERS, LABELS, random_model, small_config

NUM_FOLDS = 3


@pytest.fixture(scope="module")
def config(tiny_encoder) -> Config:
    return small_config(tiny_encoder)


@pytest.fixture(scope="module")
def models(config) -> list[NERModel]:
    return [random_model(config, seed) for seed in range(NUM_FOLDS)]


@pytest.fixture(scope="module")
def ner(models) -> NamedEntityRecognizer:
    return NamedEntityRecognizer(models[:1])


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rng = random.Random(5)
    return ["".join(rng.choices(CHARACTERS, k=rng.choice([1, 2, 5, 12, 30, 38, 39, 90]))) for _ in range(60)]


def make_run(path: Path, config: Config, models: list[NERModel]) -> Path:
    """A run folder as training leaves it, as far as recognizing needs it."""
    run = RunFolder(path)
    run.open(config, LABELS, Folds(len(models), "", {}), precision="float32")
    for fold, model in enumerate(models):
        model.save(run.fold(fold) / "model")
        write_documents([Document("a", "b")], run.fold(fold) / "predictions.jsonl", "jsonl")
    return path


@pytest.fixture
def run(config, models, tmp_path) -> Path:
    return make_run(tmp_path / "a run", config, models)


def assert_same(one: list[Entity], other: list[Entity], *, scores: float) -> None:
    assert one == other
    for mine, yours in zip(one, other, strict=True):
        assert mine.score is not None and mine.score == pytest.approx(yours.score, abs=scores)


def test_a_prompt_shows_what_it_is(ner, run):
    labels = f"{len(LABELS)} labels: {', '.join(LABELS)}"
    assert repr(ner) == f"NamedEntityRecognizer(1 model, head crf; {labels})"
    assert repr(NamedEntityRecognizer.load(run)) == f"NamedEntityRecognizer('{run}': 3 models, head crf; {labels})"


def test_pickled_and_copied_it_is_the_folder_that_it_was_loaded_from(ner, run, texts, monkeypatch):
    monkeypatch.chdir(run.parent)
    loaded = NamedEntityRecognizer.load(run.name, precision="float32")
    pickled = pickle.dumps(loaded)
    assert len(pickled) < 500
    monkeypatch.chdir(run)
    for again in (pickle.loads(pickled), copy.deepcopy(loaded)):
        assert type(again) is type(loaded) and again.precision == "float32"
        assert again.recognize(texts[-1]) == loaded.recognize(texts[-1])
    with pytest.raises(RunError, match="was not loaded from a folder, and only a folder's path can be pickled"):
        pickle.dumps(ner)


def test_a_damaged_model_of_a_run_is_loaded_only_unverified_and_pickled_as_such(run, texts):
    weights = run / "fold-1" / "model" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 128  # the sign of a number
    weights.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: has another SHA-256"):
        NamedEntityRecognizer.load(run)
    loaded = NamedEntityRecognizer.load(run, verify=False)
    again = pickle.loads(pickle.dumps(loaded))
    assert again.verify is False and again.recognize(texts[-1]) == loaded.recognize(texts[-1])


class TestOneText:
    def test_entities_are_spans_of_characters_sorted_with_scores(self, ner, texts):
        found = [(text, ner.recognize(text)) for text in texts]
        entities = [entity for _, each in found for entity in each]
        assert len(entities) > 100 and {entity.label for entity in entities} == set(LABELS)
        for text, each in found:
            assert each == sorted(each)
            assert all(0 <= entity.start < entity.end <= len(text) for entity in each)
            assert all(one.end <= two.start for one, two in itertools.pairwise(each))
        assert all(0 < entity.score <= 1 for entity in entities)
        assert min(entity.score for entity in entities) < 0.5 < max(entity.score for entity in entities)

    def test_scores_are_the_probabilities_of_exactly_this_span_and_label(self, ner, models):
        """Against all tag sequences of a short text."""
        text, model = "头晕，3丸", models[0]
        encoding = model.tokenizer.encode(text)
        ids = np.array([[model.vocabulary.cls_id, *encoding.ids, model.vocabulary.sep_id]], "int32")
        emissions = model.head.scores(model.outputs(ids))[0, :-1].astype("float64")
        chain, tagset = model.head.chain(), model.head.tagset
        weights = {}
        for path in itertools.product(range(len(tagset)), repeat=len(text)):
            score = chain.starts[path[0]] + chain.ends[path[-1]] + sum(emissions[range(len(text)), path])
            score += sum(chain.transitions[move] for move in itertools.pairwise(path))
            if np.isfinite(score):
                weights[path] = np.exp(score)
        best = max(weights, key=weights.__getitem__)
        found = ner.recognize(text)
        assert [(e.start, e.end, e.label) for e in found] == list(tagset.decode(best)) != []
        for entity in found:
            with_it = [
                weight
                for path, weight in weights.items()
                if (entity.start, entity.end, entity.label) in tagset.decode(path)
            ]
            assert entity.score == pytest.approx(sum(with_it) / sum(weights.values()), rel=1e-4)
        assert Lattice(emissions[None], [len(text)], *chain).log_partition[0] == pytest.approx(
            np.log(sum(weights.values())), rel=1e-6
        )

    def test_an_empty_text_has_no_entities(self, ner):
        assert ner.recognize("") == []

    @pytest.mark.parametrize("given", [5, None, float("nan"), b"text", ["头"]])
    def test_another_type_than_text_is_refused(self, ner, given):
        with pytest.raises(
            DataError, match=r"expected one text as a string, got .+; recognize_all takes several texts"
        ):
            ner.recognize(given)
        with pytest.raises(DataError, match="document text 1: expected the text as a string, got"):
            list(ner.recognize_all([given]))
        with pytest.raises(DataError, match=r"documents\[1\]: expected a Document, got"):
            list(ner.predict([Document("1", "头"), given]))

    @pytest.mark.parametrize("given", ["一句", 5, None])
    def test_one_text_for_many_is_refused_at_the_call(self, ner, given):
        with pytest.raises(DataError, match="expected texts, in a list or from a generator, got"):
            ner.recognize_all(given)
        with pytest.raises(DataError, match="expected documents, in a list or from a generator, got"):
            ner.predict(given)

    def test_what_was_read_before_a_failure_comes_first(self, ner, texts):
        def failing():
            yield from texts[:3]
            raise ValueError("line 4 is broken")

        for broken, error, message in (
            (failing(), ValueError, "line 4 is broken"),
            ([*texts[:3], None], DataError, "document text 4"),
        ):
            found = []
            with pytest.raises(error, match=message) as caught:
                for each in ner.recognize_all(broken):
                    found.append(each)  # noqa: PERF402  # what came before the error is to stay
            assert found == [ner.recognize(text) for text in texts[:3]]
            assert caught.value.__notes__ == ["at documents[3]; those before it were recognized"]

    def test_of_documents_too(self, ner, texts):
        documents = [Document(f"d{number}", text) for number, text in enumerate(texts[:3])]
        found = []
        with pytest.raises(DataError, match=r"documents\[3\]: expected a Document") as caught:
            for each in ner.predict([*documents, "no document", *documents]):
                found.append(each)  # noqa: PERF402
        assert [each.id for each in found] == ["d0", "d1", "d2"]
        assert list(found[2].entities) == ner.recognize(texts[2])
        assert caught.value.__notes__ == ["at documents[3]; those before it were recognized"]

    def test_a_long_text_is_recognized_to_its_end(self, ner):
        rng = random.Random(1)
        text = "".join(rng.choices(CHARACTERS, k=3000))
        found = ner.recognize(text)
        assert len(found) > 100 and found[-1].end > 2900
        assert all(one.end <= two.start for one, two in itertools.pairwise(found))
        gaps = [two.start - one.end for one, two in itertools.pairwise(found)]
        assert max(gaps) < 40  # no window was skipped

    def test_every_character_counts_one_whatever_it_is(self, ner):
        for prefix in ("😀", "𠮷", "é", "e\u0301", "\r\n", "\u3000", "İ"):
            text = f"{prefix}头晕{prefix}{CHARACTERS}"
            found = ner.recognize(text)
            assert all(entity.end <= len(text) for entity in found)
        plain = ner.recognize("?" + CHARACTERS)  # as unknown as these two
        assert [(e.start, e.end) for e in ner.recognize("😀" + CHARACTERS)] == [(e.start, e.end) for e in plain]
        assert [(e.start, e.end) for e in ner.recognize("𠮷" + CHARACTERS)] == [(e.start, e.end) for e in plain]

    @pytest.mark.parametrize(
        ("text", "message"),
        [("头晕\x00", "document text 1: character 2 is NUL"), ("头\ud83d晕", "character 1 is the unpaired surrogate")],
    )
    def test_what_is_no_text_is_refused(self, ner, text, message):
        with pytest.raises(DataError, match=message):
            ner.recognize(text)


class TestManyTexts:
    def test_order_is_kept_and_each_text_has_its_answer(self, ner, texts):
        together = list(ner.recognize_all(texts))
        assert len(together) == len(texts)
        for text, found in zip(texts, together, strict=True):
            assert_same(found, ner.recognize(text), scores=1e-4)

    @pytest.mark.parametrize("batch_tokens", [1, 64, 333, 100_000])
    def test_neither_batch_size_nor_neighbours_matter(self, ner, texts, batch_tokens):
        expected = list(ner.recognize_all(texts))
        shuffled = random.Random(batch_tokens).sample(range(len(texts)), len(texts))
        found = list(ner.recognize_all([texts[place] for place in shuffled], batch_tokens=batch_tokens))
        for place, each in zip(shuffled, found, strict=True):
            assert_same(each, expected[place], scores=1e-4)

    def test_texts_are_read_as_results_are_asked_for(self, ner):
        read = []

        def endless():
            for number in itertools.count():
                read.append(number)
                yield CHARACTERS

        results = ner.recognize_all(endless(), batch_tokens=64)
        assert not read
        one = next(results)
        after_one = len(read)
        assert 1 <= after_one < 500
        assert all(next(results) == one for _ in range(3 * after_one))
        assert len(read) <= 5 * after_one

    def test_an_error_in_the_input_comes_out_and_names_the_text(self, ner):
        with pytest.raises(DataError, match="document text 3: character 0 is NUL"):
            list(ner.recognize_all(["头晕", "", "\x00"]))

    def test_documents_keep_id_and_text_and_lose_their_own_entities(self, ner):
        documents = [Document("一", CHARACTERS, (Entity(0, 1, "GOLD"),)), Document("二", "")]
        first, second = ner.predict(documents)
        assert (first.id, first.text, second) == ("一", CHARACTERS, documents[1])
        assert list(first.entities) == ner.recognize(CHARACTERS)

    def test_no_texts_give_no_results(self, ner):
        assert list(ner.recognize_all([])) == list(ner.predict([])) == []


class TestRuns:
    def test_a_whole_run_averages_emissions_and_transitions(self, run, models, texts):
        ner = NamedEntityRecognizer.load(run)
        assert ner.labels == tuple(LABELS)
        chains = [model.head.chain() for model in models]
        legal = np.isfinite(chains[0].transitions)
        assert np.array_equal(np.isfinite(ner.transitions), legal)
        expected = np.mean([chain.transitions[legal] for chain in chains], axis=0)
        np.testing.assert_allclose(ner.transitions[legal], expected, rtol=1e-6)

        text = texts[0] + CHARACTERS
        encoding = models[0].tokenizer.encode(text[:38])
        vocabulary = models[0].vocabulary
        ids = np.array([[vocabulary.cls_id, *encoding.ids, vocabulary.sep_id]], "int32")
        emissions = np.mean([model.outputs(ids)[0, :-1] for model in models], axis=0)
        path = ner.decode(emissions)
        spans = models[0].head.tagset.decode(path)
        assert [(e.start, e.end, e.label) for e in ner.recognize(text[:38])] == list(spans)

    def test_it_finds_what_no_fold_alone_does(self, run, models, texts):
        together = list(NamedEntityRecognizer.load(run).recognize_all(texts))
        for model in models:
            assert together != list(NamedEntityRecognizer([model]).recognize_all(texts))

    def test_one_model_several_times_is_that_model(self, models, texts):
        alone = list(NamedEntityRecognizer(models[:1]).recognize_all(texts))
        for one, other in zip(alone, NamedEntityRecognizer([models[0]] * 3).recognize_all(texts), strict=True):
            assert_same(one, other, scores=1e-4)

    def test_one_fold_and_one_model_folder_load_too(self, run, models, texts):
        documents = [Document(str(number), text) for number, text in enumerate(texts[:10])]
        expected = [list(document.entities) for document in predict_documents([models[1]], documents)]
        for folder in (run / "fold-1", run / "fold-1" / "model", str(run / "fold-1")):
            found = list(NamedEntityRecognizer.load(folder).recognize_all(texts[:10]))
            for one, other in zip(found, expected, strict=True):
                assert_same(one, other, scores=1e-5)

    def test_precision_can_be_chosen_where_it_is_used(self, run, texts):
        exact, rough = (NamedEntityRecognizer.load(run / "fold-0", precision=p) for p in ("float32", "bfloat16"))
        assert rough.models[0].config.run.precision == "float32"  # what it was trained in, and is saved with
        exact_scores, rough_scores = (
            np.array([entity.score for entity in ner.recognize(CHARACTERS)]) for ner in (exact, rough)
        )
        assert exact_scores.shape != rough_scores.shape or 1e-6 < np.abs(exact_scores - rough_scores).max() < 0.2

    def test_a_path_with_nothing_of_a_run_is_refused_as_by_the_commands(self, tmp_path):
        with pytest.raises(CheckpointError, match="or a model; nothing is there"):
            NamedEntityRecognizer.load(tmp_path / "nowhere")
        with pytest.raises(CheckpointError, match="or a model; the folder holds none"):
            NamedEntityRecognizer.load(tmp_path)

    def test_an_incomplete_run_is_refused_naming_the_folds(self, run):
        (run / "fold-1" / "predictions.jsonl").unlink()
        with pytest.raises(RunError, match=r"fold-1 is not complete \(1 of 3\); run the command that made it again"):
            NamedEntityRecognizer.load(run)
        (run / "fold-2" / "predictions.jsonl").unlink()
        with pytest.raises(RunError, match=r"fold-1, fold-2 are not complete \(2 of 3\)"):
            NamedEntityRecognizer.load(run)

    @pytest.mark.parametrize(
        ("text", "message"),
        {
            "DRUG\n": r"fold-0 was trained for DRUG, SYMPTOM; .* restore labels\.txt",
            "DRUG\nSYMPTON\n": r"fold-0 was trained for DRUG, SYMPTOM; .* restore labels\.txt",
            "SYMPTOM\nDRUG\n": r"labels\.txt: damaged, line 2: .*found 'DRUG'",
            "": r"labels\.txt: damaged, line 1: ",
            "DRUG\nSYMPTOM\nFOOD\n": r"labels\.txt: damaged, line 3: .*found 'FOOD'",
        }.items(),
    )
    def test_edited_labels_are_refused(self, run, text, message):
        (run / "labels.txt").write_text(text, encoding="utf-8")
        with pytest.raises(RunError, match=message):
            NamedEntityRecognizer.load(run)

    def test_what_is_no_run_and_no_model_is_refused(self, run, tmp_path):
        (run / "fold-2" / "model" / "weights.safetensors").unlink()
        with pytest.raises(CheckpointError, match=r"fold-2.*weights\.safetensors"):
            NamedEntityRecognizer.load(run)
        for folder, found in ((tmp_path / "nothing", "nothing is there"), (tmp_path, "the folder holds none")):
            with pytest.raises(CheckpointError, match=f"expected a run, .* or a model; {found}$"):
                NamedEntityRecognizer.load(folder)

    @pytest.mark.parametrize(
        ("options", "labels", "message"),
        [
            ({}, ["DRUG", "FOOD"], "labels"),
            ({"scheme": "bio"}, LABELS, "scheme"),
            ({"overlap": 11}, LABELS, "windows"),
        ],
    )
    def test_models_that_cannot_be_averaged_are_refused(self, models, config, options, labels, message):
        other = random_model(config.replace(**options), 9, labels)
        with pytest.raises(RunError, match=f"models cannot be averaged: their {message} differ"):
            NamedEntityRecognizer([*models, other])

    def test_no_models_are_refused(self):
        with pytest.raises(RunError, match="expected at least one"):
            NamedEntityRecognizer([])
