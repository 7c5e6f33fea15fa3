"""What holds for every head in a network: it trains, saves, loads, ignores padding and scores spans."""

import functools
import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.decode.decoders import Decoder
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Document
from bert4ner.errors import ConfigError, RunError
from bert4ner.models import budget
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.registry import HEADS
from bert4ner.text.token_spans import TokenSpan

IDS = np.array([[3, 40, 41, 42, 43, 4], [3, 50, 51, 4, 0, 0]], "int32")
LENGTHS = np.array([4, 2])
SPANS = [[TokenSpan(0, 2, "X")], [TokenSpan(0, 1, "Y")]]
SEQUENCES = {"crf", "softmax", "span"}


@functools.cache
def make(tiny_config, head, seed=1, **options):
    """A model of random weights, so large that what a token gives depends on all others: one that finds entities.

    They overlap where any may. It is built and traced once for all tests, which leave its weights as they are.
    """
    model = NERModel.create(tiny_config(**{"head": head, "head_size": 8, **options}), ["X", "Y"])
    rng = np.random.default_rng(seed)
    probe = np.concatenate([[[3]], rng.integers(6, 107, size=(1, 28)), [[4]]], axis=1)
    for _ in range(50):
        values = {
            name: rng.normal(scale=0.4, size=value.shape) + name.endswith("gamma")
            for name, value in model.weights().items()
        }
        model.set_weights(values, where="here")
        found = sorted(model.head.decode(model.outputs(probe), np.array([28]))[0])
        overlap = any(one.end > two.start for one, two in itertools.pairwise(found))
        if len(found) > 8 and (overlap or model.head.nesting != "any"):
            return model
    raise AssertionError("no weights found that find entities")


def test_the_configuration_names_the_heads():
    assert Config.option("head").words() == list(HEADS)


@pytest.mark.parametrize("head", HEADS.names())
def test_a_network_builds_trains_saves_and_loads(tiny_config, tiny_encoder, one_layer, tmp_path, head):
    # MRC's text and query are read apart in the lower of two layers.
    encoder = tiny_encoder if head == "mrc" else one_layer
    config = tiny_config(head=head, head_size=8, pretrained=str(encoder))
    model = NERModel.create(config, ["X", "Y"])
    names = [variable.name for variable in model.network.variables]
    assert len(set(names)) == len(names), names  # optimizers know variables by name
    assert {name.partition("/")[0] for name in model.head_variables()} == {"head"}
    before = {variable.name: variable.numpy() for variable in model.network.trainable_variables}
    model.network.compile(optimizer=keras.optimizers.SGD(0.01), loss=model.head.loss)
    targets = model.head.targets(SPANS, LENGTHS, 5)
    assert targets.dtype == np.int32 and targets.ndim == 2
    losses = [model.network.train_on_batch([IDS, np.zeros_like(IDS)], targets) for _ in range(3)]
    assert losses[0] > losses[-1] > 0
    still = [
        variable.name
        for variable in model.network.trainable_variables
        if np.array_equal(variable.numpy(), before[variable.name])
    ]
    assert still == []
    model.save(tmp_path / "model")
    loaded = NERModel.load(tmp_path / "model")
    assert (loaded.config, loaded.labels) == (config, ("X", "Y"))
    assert np.array_equal(model.outputs(IDS), loaded.outputs(IDS))
    whole = model.network([IDS, np.zeros_like(IDS)], training=False).numpy()
    assert whole.shape == tuple(model.head.compute_output_shape((2, 6, 16)))
    text = whole
    for axis in model.head.token_axes:
        text = np.delete(text, 0, axis=axis)  # [CLS]
    np.testing.assert_allclose(model.outputs(IDS), text, atol=1e-4)


@pytest.mark.parametrize("head", HEADS.names())
def test_neither_padding_nor_neighbours_nor_order_change_what_is_found(tiny_config, rng, head):
    model = make(tiny_config, head)
    lengths = np.array([9, 3, 17, 30, 12])
    rows = [np.concatenate([[3], rng.integers(6, 107, size=length - 2), [4]]) for length in lengths]

    def decoded(chosen, width):
        ids = np.array([np.pad(rows[row], (0, width - lengths[row])) for row in chosen], "int32")
        return model.head.decode(model.outputs(ids), lengths[list(chosen)] - 2)

    alone = [decoded([row], lengths[row])[0] for row in range(5)]
    assert sum(map(len, alone)) > 10
    for order, width in (((0, 1, 2, 3, 4), 30), ((4, 2, 0, 3, 1), 48), ((1, 1, 3), 31)):
        for found, row in zip(decoded(order, width), order, strict=True):
            assert [span.place for span in found] == [span.place for span in alone[row]]
            assert [span.score for span in found] == pytest.approx([span.score for span in alone[row]], abs=1e-4)


@pytest.mark.parametrize("head", HEADS.names())
def test_padding_has_no_part_in_the_loss(tiny_config, rng, head):
    model = make(tiny_config, head)
    losses = []
    for width in (6, 11):
        ids = np.pad(IDS, ((0, 0), (0, width - 6)))
        targets = tf.constant(model.head.targets(SPANS, LENGTHS, width - 1))
        outputs = model.network([ids, np.zeros_like(ids)], training=False)
        losses.append(model.head.loss(targets, outputs).numpy())
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


@pytest.mark.parametrize("head", HEADS.names())
def test_what_is_decoded_has_the_probability_of_the_span(tiny_config, head):
    model = make(tiny_config, head)
    outputs = model.outputs(IDS)
    found = model.head.decode(outputs, LENGTHS)
    assert any(found)
    probabilities = model.head.span_scores(outputs, LENGTHS, found)
    for spans, row in zip(found, probabilities, strict=True):
        assert row == pytest.approx([span.score for span in spans], abs=1e-5)
        assert all(0 <= probability <= 1 + 1e-6 for probability in row)
    everything = [
        [TokenSpan(i, j, label) for i, j in itertools.combinations(range(length + 1), 2) for label in "XY"]
        for length in LENGTHS
    ]
    assert [len(row) for row in model.head.span_scores(outputs, LENGTHS, everything)] == [20, 6]
    with pytest.raises(ValueError, match="span"):
        model.head.span_scores(outputs, LENGTHS, [[TokenSpan(0, 5, "X")], []])


@pytest.mark.parametrize("head", HEADS.names())
def test_candidates_hold_the_answer_and_more_with_their_probabilities(tiny_config, head):
    """A greater number gives what a lesser one does, and more, unless that was every span there is."""
    model = make(tiny_config, head)
    outputs, decoder = model.outputs(IDS), model.head.decoder()
    scores = model.head.scores(outputs)
    fewer = model.head.decode(outputs, LENGTHS)
    numbers = []
    for nbest in (1, 2, 5, 200):
        found = decoder.candidates(scores, LENGTHS, nbest)
        for row, spans in enumerate(found):
            assert spans == sorted(spans, key=lambda span: span.place)
            assert {span.place for span in fewer[row]} <= {span.place for span in spans}
        for spans, probabilities in zip(found, model.head.span_scores(outputs, LENGTHS, found), strict=True):
            assert [span.score for span in spans] == pytest.approx(probabilities, abs=1e-5)
        fewer = found
        numbers.append(sum(map(len, found)))
    assert 0 < numbers[0] < numbers[-1] or numbers[0] == 26, numbers  # of six and four tokens, two labels


@pytest.mark.parametrize("head", HEADS.names())
def test_several_models_are_averaged(tiny_config, rng, head):
    models = [make(tiny_config, head, seed) for seed in (1, 2, 3)]
    text = "".join(rng.choice(list("本品用于气血两亏引起的月经量少，"), size=120))
    one, three = (NamedEntityRecognizer(models[:1] * count).recognize(text) for count in (1, 3))
    assert one == three != []
    assert [entity.score for entity in three] == pytest.approx([entity.score for entity in one], abs=1e-4)
    alone, averaged = [], []
    for part in (text[:40], text[40:80], text[80:]):
        ids = np.array([[3, *(models[0].vocabulary.ids.get(character, 2) for character in part), 4]], "int32")
        scores = np.mean([model.head.scores(model.outputs(ids)) for model in models], axis=0)
        decoder = models[0].head.decoder([model.head for model in models[1:]])
        (expected,) = decoder.spans(scores, np.array([40]))
        found = NamedEntityRecognizer(models).recognize(part)
        assert [(entity.start, entity.end, entity.label) for entity in found] == sorted(s.place[:3] for s in expected)
        averaged += [entity.score for entity in found]
        alone += [entity.score for entity in NamedEntityRecognizer(models[:1]).recognize(part)]
    assert averaged and averaged != alone[: len(averaged)]


@pytest.mark.parametrize("head", HEADS.names())
def test_entities_of_long_texts_overlap_only_where_the_head_may_nest(tiny_config, rng, head):
    model = make(tiny_config, head)
    text = "".join(rng.choice(list("本品用于气血两亏引起的月经量少，头晕目眩。口服一次1丸"), size=300))
    (document,) = predict_documents([model], [Document("d", text)])
    overlaps = sum(one.end > two.start for one, two in itertools.pairwise(document.entities))
    assert bool(overlaps) is model.head.may_nest and len(document.entities) > 3
    for nesting in ("labels", "none") if model.head.may_nest else ():
        (document,) = predict_documents([make(tiny_config, head, nesting=nesting)], [Document("d", text)])
        groups = [[each for each in document.entities if nesting == "none" or each.label == label] for label in "XY"]
        assert document.entities
        for group in groups:
            assert all(one.end <= two.start for one, two in itertools.pairwise(group))


@pytest.mark.parametrize("head", HEADS.names())
def test_five_thousand_characters_are_read_to_the_end_within_the_budget(tiny_config, rng, monkeypatch, head):
    model = make(tiny_config, head)
    most = 3 * model.head.cells(model.windows.max_length)
    monkeypatch.setattr(budget, "MAX_CELLS", most)
    asked, outputs = [], type(model).outputs
    monkeypatch.setattr(type(model), "outputs", lambda self, ids: asked.append(ids.shape) or outputs(self, ids))
    text = "".join(rng.choice(list("本品用于气血两亏引起的月经量少，头晕目眩。口服一次1丸"), size=5_000))
    (document,) = predict_documents([model], [Document("d", text)])
    places = [entity.start for entity in document.entities]
    assert places and all(any(start <= place < start + 500 for place in places) for start in range(0, 5_000, 500))
    assert sum(count for count, _ in asked) > 100
    assert all(count * model.head.cells(length) <= most for count, length in asked)


@pytest.mark.parametrize("head", HEADS.names())
def test_a_recognizer_is_a_viterbi_decoder_where_its_head_decodes_paths(tiny_config, head):
    model = make(tiny_config, head)
    decoder, ner = model.head.decoder(), NamedEntityRecognizer([model])
    assert isinstance(ner, NamedEntityRecognizer) and isinstance(decoder, Decoder)
    assert isinstance(ner, ViterbiDecoder) is isinstance(decoder, ViterbiDecoder) is (head in SEQUENCES)
    text = "本品用于气血两亏"
    if head in SEQUENCES:
        ids = np.array([[3, *(model.vocabulary.ids.get(character, 2) for character in text), 4]], "int32")
        path = ner.decode(model.head.scores(model.outputs(ids))[0, :-1])
        spans = [(entity.start, entity.end, entity.label) for entity in ner.recognize(text)]
        assert model.head.tagset.decode(path) == spans
        assert np.array_equal(ner.transitions, decoder.transitions) and ner.readings(text, 2)
    else:
        with pytest.raises(ConfigError, match=rf"heads that decode sequences, .*; {model.head.kind} have none"):
            ner.readings(text, 2)


def test_different_heads_are_not_averaged(tiny_config):
    models = {head: make(tiny_config, head) for head in HEADS}
    assert len(NamedEntityRecognizer([models["global_pointer"], models["biaffine"]]).models) == 2
    assert NamedEntityRecognizer([models["crf"], models["softmax"]]).transitions.shape == (7, 7)
    for one, other in itertools.combinations(["crf", "global_pointer", "span", "w2ner"], 2):
        with pytest.raises(RunError, match="models cannot be averaged: their kinds of head differ"):
            NamedEntityRecognizer([models[one], models[other]])
    flat = make(tiny_config, "biaffine", nesting="labels")
    with pytest.raises(RunError, match="models cannot be averaged: their option nesting differ"):
        NamedEntityRecognizer([models["biaffine"], flat])
