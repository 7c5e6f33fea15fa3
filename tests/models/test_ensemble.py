"""Models together: their scores are averaged, their probabilities too, and one decoder reads them."""

import numpy as np
import pytest

from bert4ner.decode.decoders import mean_chain
from bert4ner.entities import Document, Entity
from bert4ner.models.ensemble import Ensemble
from bert4ner.models.ner_model import NERModel
from bert4ner.text.token_spans import TokenSpan

DOCUMENTS = [
    Document("1", "本品用于气血两亏引起的月经量少，头晕目眩", (Entity(0, 2, "SOMETHING ELSE"),)),
    Document("2", ""),
    Document("3", "口服一次1丸" * 20),
]


@pytest.fixture(scope="module")
def models(tiny_config, tiny_model):
    other = NERModel.create(tiny_config(seed=5), tiny_model.labels)
    other.set_weights({name: 0.5 * value for name, value in tiny_model.weights().items()}, where="here")
    return [tiny_model, other]


def test_the_decoder_has_the_mean_chain(models):
    ensemble = Ensemble.of(models)
    chain = mean_chain([model.head.chain() for model in models])
    assert ensemble.models == tuple(models) and ensemble.nesting == "none"
    for mine, wanted in zip((ensemble.decoder.transitions, ensemble.decoder.starts), chain[:2], strict=True):
        assert np.array_equal(mine, wanted)


def test_documents_are_encoded_and_nothing_is_said_of_their_entities(models, caplog):
    encoded = Ensemble.of(models).encode(DOCUMENTS)
    assert not caplog.records
    assert encoded.document.tolist() == [0, *[2] * (len(encoded) - 1)]


def test_some_windows_are_run_and_scores_are_averaged(models):
    ensemble = Ensemble.of(models)
    encoded = ensemble.encode(DOCUMENTS)
    assert sorted(np.concatenate([numbers for numbers, _ in ensemble.run(encoded)])) == list(range(len(encoded)))
    ((numbers, outputs),) = ensemble.run(encoded, windows=[2, 0])
    assert sorted(numbers.tolist()) == [0, 2]
    each = [model.head.scores(given) for model, given in zip(models, outputs, strict=True)]
    np.testing.assert_allclose(ensemble.scores(outputs), (each[0] + each[1]) / 2, rtol=1e-6)
    assert np.array_equal(Ensemble.of(models[:1]).scores(outputs[:1]), each[0])


def test_probabilities_of_spans_are_the_mean_of_the_models(models):
    ensemble = Ensemble.of(models)
    encoded = ensemble.encode(DOCUMENTS[:1])
    ((numbers, outputs),) = ensemble.run(encoded)
    asked = [[TokenSpan(0, 2, "DRUG"), TokenSpan(3, 4, "SYMPTOM", 0.1)]]
    (found,) = ensemble.span_scores(encoded, (numbers, outputs), asked)
    lengths = encoded.text_lengths
    each = [model.head.span_scores(given, lengths, asked)[0] for model, given in zip(models, outputs, strict=True)]
    assert found == pytest.approx(np.mean(each, axis=0))


def test_entities_are_characters_of_the_document_and_readings_lead_with_them(models):
    ensemble = Ensemble.of(models)
    encoded = ensemble.encode(DOCUMENTS)
    found = ensemble.entities(encoded, ensemble.run(encoded))
    readings = ensemble.readings(encoded, ensemble.run(encoded), 3)
    assert len(found) == len(readings) == len(encoded) and any(found)
    for window, (entities, ways) in enumerate(zip(found, readings, strict=True)):
        start, end = encoded.bounds[window]
        assert all(start <= entity.start < entity.end <= end for entity in entities)
        assert list(ways[0].entities) == entities
        assert [way.probability for way in ways] == sorted((way.probability for way in ways), reverse=True)
    candidates = ensemble.entities(encoded, ensemble.run(encoded), nbest=4)
    assert all(set(one) <= set(other) for one, other in zip(found, candidates, strict=True))
    assert sum(map(len, candidates)) > sum(map(len, found))
