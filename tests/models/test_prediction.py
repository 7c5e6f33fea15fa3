"""Prediction over many documents: any length, in order, lazily, in bounded time; several models are averaged."""

import time
from itertools import islice

import numpy as np
import pytest

from bert4ner.decode.decoders import Chain, PathDecoder, mean_chain
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Document, Entity
from bert4ner.models.ensemble import Ensemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import CHUNK_BATCHES, predict_documents, predict_encoded
from bert4ner.text.encoded import encode_documents
from bert4ner.text.windows import cut_windows, stitch

PHRASES = ["本品用于气血两亏", "引起的月经量少", "头晕目眩", "面色萎黄", "口服一次1丸", "孕妇忌用", "糖尿病患者慎用龘"]


@pytest.fixture
def write(rng):
    """Makes a text of about so many characters."""

    def write(length):
        parts = []
        while sum(map(len, parts)) < length:
            parts += [str(rng.choice(PHRASES)), str(rng.choice(list("，。；：")))]
        return "".join(parts)[:length]

    return write


def predicted(models, texts, **options):
    documents = [Document(f"d{number}", text) for number, text in enumerate(texts)]
    return [document.entities for document in predict_documents(models, documents, **options)]


def scores(entities):
    return [entity.score for entity in entities]


def by_hand(model, text):
    """One window after the other, each by itself without padding, then stitched."""
    windows = cut_windows(text, size=model.config.windows.max_length - 2, overlap=model.config.windows.overlap)
    found = []
    for start, end in windows:
        tokens = [model.vocabulary.ids.get(character, model.vocabulary.unk_id) for character in text[start:end]]
        ids = np.array([[model.vocabulary.cls_id, *tokens, model.vocabulary.sep_id]], "int32")
        (spans,) = model.head.decode(model.outputs(ids), np.array([len(tokens)]))
        found.append([Entity(start + span.start, start + span.end, span.label, span.score) for span in spans])
    return stitch(windows, found)


def test_texts_of_any_length_are_cut_batched_and_stitched_together_again(tiny_model, write):
    texts = [write(length) for length in (500, 3, 46, 0, 47, 1, 45, 120, 0, 300)]
    found = predicted([tiny_model], texts)
    assert sum(map(len, found)) > 50
    for entities, text in zip(found, texts, strict=True):
        expected = by_hand(tiny_model, text)
        assert list(entities) == expected
        assert scores(entities) == pytest.approx(scores(expected), abs=1e-4)
        assert all(0 < score <= 1 + 1e-6 for score in scores(entities))


def test_documents_keep_their_order_names_and_texts_but_not_their_entities(tiny_model, write):
    documents = [
        Document(f"d{number}", write(length), (Entity(0, 1, "OLD"),) if length else ())
        for number, length in enumerate([30, 0, 200, 5, 0, 60, 1])
    ]
    found = list(predict_documents([tiny_model], iter(documents)))
    assert [(document.id, document.text) for document in found] == [
        (document.id, document.text) for document in documents
    ]
    assert not any(entity.label == "OLD" for document in found for entity in document.entities)


@pytest.mark.parametrize("texts", [[], [""], ["", "", ""]])
def test_nothing_to_read_is_nothing_found(tiny_model, texts):
    assert predicted([tiny_model], texts) == [()] * len(texts)


def test_the_size_of_batches_changes_nothing(tiny_model, write):
    texts = [write(length) for length in (90, 10, 46, 7, 200, 33)]
    found = [predicted([tiny_model], texts, batch_tokens=tokens) for tokens in (48, 300, 8192)]
    assert found[0] == found[1] == found[2]
    for one, other in zip(found[0], found[2], strict=True):
        assert scores(one) == pytest.approx(scores(other), abs=1e-4)


def test_a_window_longer_than_a_multiple_of_the_bucket_fits_the_positions(tiny_config, write):
    model = NERModel.create(tiny_config(max_length=63, overlap=8), ["X"])  # 64 positions, buckets of 16
    encoded = encode_documents([Document("a", write(200))], model.tokenizer, model.config.windows)
    assert encoded.lengths.max() > 48
    assert encoded.token_ids(range(len(encoded))).shape[1] == 63
    predicted([model], [write(200)])
    small = NERModel.create(tiny_config(max_length=20, overlap=8), ["X"])
    encoded = encode_documents([Document("a", write(200))], small.tokenizer, small.config.windows)
    assert encoded.token_ids([0]).shape[1] <= 20


def test_what_was_encoded_before_is_predicted_alike(tiny_model, write):
    documents = [Document(f"d{number}", write(length)) for number, length in enumerate([120, 0, 30])]
    encoded = encode_documents(documents, tiny_model.tokenizer, tiny_model.config.windows)
    assert list(predict_encoded([tiny_model], documents, encoded)) == list(predict_documents([tiny_model], documents))


def test_the_first_result_comes_when_a_bounded_part_is_read(tiny_model, write):
    chunk = CHUNK_BATCHES * 64

    def many(texts, read):
        for number in range(20 * chunk):
            read.append(number)
            yield Document(f"d{number}", texts[number % len(texts)])

    read: list[int] = []
    results = predict_documents([tiny_model], many([write(40) for _ in range(20)], read), batch_tokens=64)
    assert [document.id for document in islice(results, 200)] == [f"d{number}" for number in range(200)]
    assert len(read) <= 200 + chunk / 40 + 1
    read = []
    assert next(predict_documents([tiny_model], many([""], read), batch_tokens=64)).entities == ()
    assert len(read) <= chunk


def test_one_very_long_line_takes_no_longer_than_its_parts(tiny_model, write):
    """Same characters, same work; measured in turn, so that what else the machine does falls on both."""
    text = write(5_000)

    def seconds(texts):
        started = time.process_time()
        assert sum(map(len, predicted([tiny_model], texts))) > 100 * 20
        return time.process_time() - started

    predicted([tiny_model], [text])  # traced, warm
    whole, parts = zip(*((seconds([text * 20]), seconds([text] * 20)) for _ in range(3)), strict=True)
    assert min(whole) < 1.5 * min(parts)


def test_copies_of_a_model_find_what_the_model_finds(tiny_model, write):
    texts = [write(length) for length in (100, 0, 40)]
    one, three = predicted([tiny_model], texts), predicted([tiny_model] * 3, texts)
    assert one == three
    for alone, together in zip(one, three, strict=True):
        assert scores(together) == pytest.approx(scores(alone), abs=1e-5)


@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_several_models_are_averaged_in_emissions_and_transitions(tiny_config, rng, write, head):
    models = [NERModel.create(tiny_config(head=head, seed=seed), ["X", "Y"]) for seed in (1, 2)]
    for model in models:
        model.head.set_weights([rng.normal(scale=2, size=weight.shape) for weight in model.head.get_weights()])
    text = write(40)
    ids = np.array([[3, *(models[0].vocabulary.ids.get(character, 2) for character in text), 4]], "int32")
    outputs = np.mean([model.head.scores(model.outputs(ids)) for model in models], axis=0)
    chain = mean_chain([model.head.chain() for model in models])
    (path,) = ViterbiDecoder(*chain).decode_batch(outputs[:, :-1], [40])
    expected = models[0].head.tagset.decode(path)
    (found,) = predicted(models, [text])
    assert [(entity.start, entity.end, entity.label) for entity in found] == expected != []
    assert expected != [(entity.start, entity.end, entity.label) for entity in predicted(models[:1], [text])[0]]
    if head == "crf":
        weights = [
            np.mean([getattr(model.head, name).numpy() for model in models], axis=0)
            for name in ("transitions", "starts", "ends")
        ]
        for part, weight in zip(chain, weights, strict=True):
            np.testing.assert_allclose(part[np.isfinite(part)], weight[np.isfinite(part)], atol=1e-6)
    legal = models[0].head.tagset
    tables = (legal.transition_allowed, legal.start_allowed, legal.end_allowed)
    for part, allowed in zip(chain, tables, strict=True):
        assert np.array_equal(np.isfinite(part), allowed)


def test_another_decoder_decides_instead(tiny_model, write):
    tags = len(tiny_model.head.tagset)
    only_outside = Chain(
        np.full((tags, tags), -1e6) + 1e6 * np.eye(tags)[0] * np.eye(tags)[0][:, None],
        np.array([0.0] + [-1e6] * (tags - 1)),
        np.zeros(tags),
    )
    ensemble = Ensemble((tiny_model,), PathDecoder(tiny_model.head.tagset, only_outside))
    text = write(100)
    assert predicted(ensemble, [text]) == [()] != predicted([tiny_model], [text])
