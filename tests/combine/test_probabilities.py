"""Probabilities of spans that another head found, against each window run by itself; texts are encoded once."""

from itertools import pairwise

import numpy as np
import pytest

from bert4ner.combine import probabilities
from bert4ner.combine.probabilities import average_probabilities
from bert4ner.combine.recognizer import CombinedRecognizer
from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.models import ensemble
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.runs.combination import Combination
from bert4ner.runs.rules import Rule
from bert4ner.text.token_spans import TokenSpan
from bert4ner.text.windows import cut_windows
from tests.random_networks import random_model


@pytest.fixture(scope="module")
def members(models):
    return [NamedEntityRecognizer(each) for each in models.values()]


@pytest.fixture(scope="module")
def long_text(gold):
    return max((document.text for document in gold), key=len) * 2


def by_hand(model, text, entity):
    """The probability in the window that owns the entity's middle, else in the nearest that holds it; run alone."""
    windows = cut_windows(text, size=model.config.windows.max_length - 2, overlap=model.config.windows.overlap)
    middle = (entity.start + entity.end) / 2
    seams = [(before.end + after.start) / 2 for before, after in pairwise(windows)]
    owner = sum(seam <= middle for seam in seams)
    holding = [n for n, (start, end) in enumerate(windows) if start <= entity.start and entity.end <= end]
    if not holding:
        return 0.0
    start, end = windows[min(holding, key=lambda n: (abs(n - owner), n))]
    ids = [model.vocabulary.ids.get(character, model.vocabulary.unk_id) for character in text[start:end]]
    outputs = model.outputs(np.array([[model.vocabulary.cls_id, *ids, model.vocabulary.sep_id]], "int32"))
    span = TokenSpan(entity.start - start, entity.end - start, entity.label)
    return model.head.span_scores(outputs, np.array([len(ids)]), [[span]])[0][0]


def test_every_member_gives_the_mean_of_its_models_to_whatever_any_member_found(members, long_text):
    ((entities, table),) = average_probabilities(members, [Document("1", long_text)], batch_tokens=512)
    found = [set(member.recognize(long_text)) for member in members]
    assert set(entities) == set.union(*found) and entities == sorted(entities)
    assert sum(map(bool, found)) > 1 and max(map(len, found)) < len(entities)
    rng = np.random.default_rng(0)
    for number in rng.choice(len(entities), size=25, replace=False):
        for member, probability in zip(members, table[:, number], strict=True):
            expected = np.mean([by_hand(model, long_text, entities[number]) for model in member.models])
            assert probability == pytest.approx(expected, abs=1e-4)


def test_outputs_that_are_too_large_to_hold_are_made_again(members, long_text, monkeypatch):
    documents = [Document("1", long_text), Document("2", ""), Document("3", long_text[:20])]
    held = average_probabilities(members, documents, batch_tokens=512)
    monkeypatch.setattr(probabilities, "HELD_CELLS", 0)
    again = average_probabilities(members, documents, batch_tokens=512)
    for (entities, table), (others, other_table) in zip(held, again, strict=True):
        assert entities == others
        np.testing.assert_allclose(table, other_table, atol=1e-6)
    assert held[1][0] == [] and held[1][1].shape == (3, 0)


@pytest.mark.parametrize("method", ["vote", "probability"])
def test_no_text_is_encoded_twice_for_members_that_share_vocabulary_and_windows(members, gold, method, monkeypatch):
    encode, calls = ensemble.encode_documents, []

    def counting(documents, tokenizer, windows):
        calls.append(windows)
        return encode(documents, tokenizer, windows)

    monkeypatch.setattr(ensemble, "encode_documents", counting)
    combination = Combination(method, ("crf", "span", "biaffine"), (1.0, 1.0, 1.0))
    found = list(CombinedRecognizer(members, combination).predict(gold))
    assert [document.id for document in found] == [document.id for document in gold]
    assert calls == [members[0].models[0].config.windows, members[2].models[0].config.windows]


@pytest.mark.parametrize("method", ["vote", "probability"])
def test_texts_come_in_order_lazily_and_in_any_company(members, gold, long_text, method):
    ner = CombinedRecognizer(members, Combination(method, ("a", "b", "c"), (1.0, 2.0, 1.0), rule=Rule(0.3)))
    texts = [document.text for document in gold] + [long_text, ""]
    together = list(ner.recognize_all(texts, batch_tokens=64))
    for text, entities in zip(texts[-4:], together[-4:], strict=True):
        alone = ner.recognize(text)
        assert [e.score for e in alone] == pytest.approx([e.score for e in entities], abs=1e-4)
        assert alone == entities
    endless = ner.recognize_all((text for _ in iter(int, 1) for text in texts), batch_tokens=64)
    assert next(endless) == together[0]


def test_entities_that_a_head_cannot_hold_and_places_outside_all_windows_have_no_probability(models, long_text):
    crf = models["crf"][:1]
    document = Document("1", long_text)
    alone = ensemble.Ensemble.of(crf)
    encoded = alone.encode([document])
    in_pieces = Entity(0, 5, "DRUG", None, ((0, 2), (3, 5)))
    too_long = Entity(0, 60, "DRUG")
    batches = probabilities.HeldOutputs(alone, encoded, batch_tokens=512)
    asked = [[in_pieces, too_long, Entity(0, 2, "DRUG")]]
    (computed,) = probabilities.span_probabilities(alone, encoded, batches, asked)
    assert computed[:2].tolist() == [0.0, 0.0] and computed[2] > 0


def test_members_that_do_not_fit_are_refused(members, config):
    with pytest.raises(RunError, match="expected the 2 members of the combination, got 3"):
        CombinedRecognizer(members, Combination("vote", ("a", "b"), (1.0, 1.0)))
    other = NamedEntityRecognizer([random_model(config, 1, ["DRUG"])])
    with pytest.raises(RunError, match="a has DRUG, SYMPTOM, b DRUG"):
        CombinedRecognizer([members[0], other], Combination("vote", ("a", "b"), (1.0, 1.0)))
