"""Candidates and readings of recognizers: against all readings there are, and against every span there is."""

from itertools import pairwise

import numpy as np
import pytest

from bert4ner.decode.readings import merge_readings
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.text.token_spans import TokenSpan
from tests.random_networks import LABELS, random_model

SHORT = "人参片。"


@pytest.fixture(scope="module")
def recognizers(models, config):
    more = {head: [random_model(config.replace(head=head, head_size=8), 7)] for head in ("w2ner", "mrc")}
    return {name: NamedEntityRecognizer(each) for name, each in {**models, **more}.items()}


def span_probabilities(recognizer, text):
    """Every span of a text of one window with its probability under the averaged scores."""
    (model,) = recognizer.models
    ids = [model.vocabulary.ids.get(character, model.vocabulary.unk_id) for character in text]
    outputs = model.outputs(np.array([[model.vocabulary.cls_id, *ids, model.vocabulary.sep_id]], "int32"))
    spans = [
        TokenSpan(i, j, label) for i in range(len(text)) for j in range(i + 1, len(text) + 1) for label in model.labels
    ]
    (probabilities,) = model.head.span_scores(outputs, np.array([len(ids)]), [spans])
    return {span.place[:3]: probability for span, probability in zip(spans, probabilities, strict=True)}


def test_all_readings_sum_to_one_and_merge_to_the_exact_probabilities(models):
    recognizer = NamedEntityRecognizer(models["crf"][:1])
    readings = recognizer.readings(SHORT, 10**5)
    assert sum(each.probability for each in readings) == pytest.approx(1.0)
    assert len({each.entities for each in readings}) == len(readings)
    merged = merge_readings(readings)
    probabilities = span_probabilities(recognizer, SHORT)
    assert {(e.start, e.end, e.label) for e in merged} == set(probabilities)
    for entity in merged:
        assert entity.score == pytest.approx(probabilities[entity.start, entity.end, entity.label], abs=1e-4)


def test_the_likeliest_reading_is_the_answer_and_few_readings_are_the_first_of_many(recognizers, gold):
    recognizer = recognizers["crf"]
    for text in (SHORT, *(document.text for document in gold[:8])):
        if len(text) <= 38:  # one window
            many, few = recognizer.readings(text, 50), recognizer.readings(text, 5)
            assert list(many[0].entities) == recognizer.recognize(text)
            assert [each.entities for each in few] == [each.entities for each in many[:5]]
            probabilities = [each.probability for each in many]
            assert probabilities == sorted(probabilities, reverse=True) and sum(probabilities) <= 1 + 1e-6
    assert recognizer.readings("", 3)[0].entities == ()


def test_candidates_are_what_is_on_any_of_the_best_paths_with_their_exact_probability(recognizers, gold):
    recognizer = recognizers["crf"]
    documents = [document for document in gold if len(document.text) <= 38]
    found = list(recognizer.predict(documents, nbest=6))
    for document, each in zip(documents, found, strict=True):
        merged = merge_readings(recognizer.readings(document.text, 6))
        assert list(each.entities) == merged
        for entity, summed in zip(each.entities, merged, strict=True):
            assert summed.score <= entity.score + 1e-5  # six of all paths that hold it
        assert set(recognizer.recognize(document.text)) <= set(each.entities)
    assert any(len(each.entities) > len(recognizer.recognize(each.text)) for each in found)


@pytest.mark.parametrize("name", ["crf", "span", "biaffine", "w2ner", "mrc"])
def test_more_best_paths_never_give_less_and_long_texts_give_candidates_of_all_windows(name, recognizers, gold):
    recognizer = recognizers[name]
    text = "".join(document.text for document in gold)[:150]
    found = [set(recognizer.recognize(text, nbest=nbest)) for nbest in (1, 2, 5, 20)]
    assert all(fewer <= more for fewer, more in pairwise(found[1:]))
    assert len(found[-1]) > len(found[0])
    assert all(0 <= entity.score <= 1 for entity in found[-1])
    assert list(recognizer.recognize_all([text], nbest=5)) == [sorted(found[2])]


@pytest.mark.parametrize("nbest", [1, 2, 10])
def test_heads_that_score_spans_give_what_is_likelier_than_the_limit(nbest, models, rng):
    head = models["biaffine"][0].head
    logits = rng.normal(loc=-6, scale=3, size=(1, 2, 13, 13))
    found = head.decoder().candidates(logits, np.array([10]), nbest)[0]
    likely = {
        (i, j, label): 1 / (1 + np.exp(-logits[0, number, i, j - 1]))
        for number, label in enumerate(LABELS)
        for i in range(10)
        for j in range(i + 1, 11)
    }
    likely = {span: probability for span, probability in likely.items() if probability > 1 / (2 * nbest)}
    assert len(likely) <= 4 * 12
    assert {span.place[:3]: span.score for span in found} == pytest.approx(likely) and found == sorted(found)


def test_pointers_give_pairs_of_possible_ends(models):
    head = models["span"][0].head
    probabilities = np.full((1, 6, 2, 3), 1e-12)
    probabilities[..., 0] = 1.0
    for token, side, probability in ((0, 0, 0.9), (1, 1, 0.3), (3, 1, 0.8), (4, 0, 0.05)):
        probabilities[0, token, side] = (1 - probability, probability, 1e-12)  # class 1 is the first label
    lengths, first = np.array([5]), LABELS[0]
    decoder, scores = head.decoder(), head.scores(np.log(probabilities))
    ways = {(0, 4): 0.9 * 0.7 * 0.8, (0, 2): 0.9 * 0.3 * 0.2, None: 0.1 * 0.7 * 0.2}
    assert [span.place[:3] for span in decoder.spans(scores, lengths)[0]] == [(0, 4, first)]
    assert {span.place[:3]: span.score for span in decoder.candidates(scores, lengths, 2)[0]} == {
        (*ends, first): pytest.approx(ways[ends] / sum(ways.values()), rel=1e-5) for ends in ((0, 2), (0, 4))
    }


def test_what_cannot_be_asked_for_is_refused(recognizers):
    with pytest.raises(ConfigError, match="nbest must be at least 1, got 0"):
        recognizers["crf"].recognize("人参", nbest=0)
    with pytest.raises(ConfigError, match="nbest must be at least 1, got 0"):
        recognizers["crf"].readings("人参", 0)
    assert len(recognizers["span"].readings("人参", 3)) == 3
    with pytest.raises(ConfigError, match=r"heads that decode sequences, .*; span logits have none"):
        recognizers["biaffine"].readings("人参", 3)


def test_own_entities_of_documents_are_not_looked_at(recognizers):
    documents = [Document("1", SHORT, (Entity(0, 1, "DRUG"),)), Document("2", "")]
    bare = [Document(each.id, each.text) for each in documents]
    recognizer = recognizers["crf"]
    assert list(recognizer.predict(documents, nbest=3)) == list(recognizer.predict(bare, nbest=3))
