"""The pointers of first and last tokens, against the formula token by token and against all ways to read them."""

import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.entities import Entity
from bert4ner.models.heads.span import SpanHead
from bert4ner.text.token_spans import TokenSpan

LABELS = ["X", "Y"]
LENGTHS = np.array([5, 3, 0])
SPANS = [[TokenSpan(0, 2, "X"), TokenSpan(2, 3, "Y")], [TokenSpan(0, 3, "Y")], []]


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def pointers(spans, length):
    """The right class of each token (length, 2)."""
    classes = np.zeros((length, 2), int)
    for span in spans:
        classes[span.start, 0] = classes[span.end - 1, 1] = LABELS.index(span.label) + 1
    return classes


@pytest.mark.parametrize(("smoothing", "focal"), [(0.0, 0.0), (0.1, 0.0), (0.0, 2.0), (0.2, 0.5)])
@pytest.mark.parametrize("padding", [50.0, float("nan")])
def test_the_loss_is_the_formula(rng, smoothing, focal, padding):
    head = SpanHead(LABELS, label_smoothing=smoothing, focal=focal)
    logits = rng.normal(scale=2, size=(3, 9, 2, 3)).astype("float32")
    expected, count = np.zeros(3), 0
    for row, length in enumerate(LENGTHS):
        logits[row, [0, *range(length + 1, 9)]] = padding
        classes = pointers(SPANS[row], length)
        for token, pointer in itertools.product(range(length), range(2)):
            probabilities = softmax(logits[row, token + 1, pointer].astype(float))
            right = probabilities[classes[token, pointer]]
            expected[row] -= (1 - right) ** focal * (1 - smoothing) * np.log(right) + smoothing * np.log(
                probabilities
            ).mean()
            count += 1
    given = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 8), given)
    np.testing.assert_allclose(losses, expected * 3 / count, rtol=1e-4, atol=1e-6)
    gradient = tape.gradient(losses, given).numpy()
    assert np.isfinite(gradient).all() and not gradient[:, 0].any() and not gradient[1, 4:].any()


@pytest.mark.parametrize("focal", [0.0, 0.5, 2.0])
def test_a_certain_network_has_a_finite_gradient(focal):
    head = SpanHead(LABELS, focal=focal)
    targets = head.targets(SPANS, LENGTHS, 6)
    given = tf.one_hot(np.pad(np.maximum(targets.reshape(3, 6, 2), 0), ((0, 0), (1, 0), (0, 0))), 3) * 1000.0
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(targets, given)
    assert np.isfinite(tape.gradient(losses, given)).all()
    np.testing.assert_allclose(losses, 0, atol=1e-6)


def ways(length):
    """All sets of disjoint labelled spans of a text: whatever first and last tokens may say together."""
    spans = [TokenSpan(i, j, label) for i, j in itertools.combinations(range(length + 1), 2) for label in LABELS]

    def beginning(start):
        yield ()
        for span in spans:
            if span.start >= start:
                yield from ((span, *rest) for rest in beginning(span.end))

    return list(beginning(0))


@pytest.fixture(params=range(8))
def probabilities(request):
    """Logits of windows of 4, 3 and 1 tokens, and for each all ways with their probabilities."""
    rng = np.random.default_rng(request.param)
    lengths = np.array([4, 3, 1])
    logits = rng.normal(scale=2, size=(3, 5, 2, 3)).astype("float32")
    found = []
    for row, length in enumerate(lengths):
        logs = np.log([[softmax(pointer) for pointer in token] for token in logits[row, :length].astype(float)])
        classes = {way: pointers(way, length) for way in ways(length)}
        weights = {
            way: np.exp(sum(logs[(*place, kind)] for place, kind in np.ndenumerate(classes[way]))) for way in classes
        }
        total = sum(weights.values())
        found.append({way: weight / total for way, weight in weights.items()})
    return logits, lengths, found


def unscored(spans):
    return tuple(span._replace(score=None) for span in spans)


def test_there_are_as_many_ways_as_there_should_be():
    assert [len(ways(length)) for length in (1, 2)] == [3, 11]  # of two tokens: 3 x 3 apart, 2 of both


def test_decoding_takes_the_likeliest_way_and_scores_are_exact(probabilities):
    logits, lengths, found = probabilities
    head = SpanHead(LABELS)
    for spans, every in zip(head.decode(logits, lengths), found, strict=True):
        assert unscored(spans) == max(every, key=every.get)
        for span in spans:
            expected = sum(probability for way, probability in every.items() if span._replace(score=None) in way)
            assert span.score == pytest.approx(expected, rel=1e-4)
    asked = [sorted({span for way in every for span in way}) for every in found]
    for row, every, spans in zip(head.span_scores(logits, lengths, asked), found, asked, strict=True):
        expected = [sum(probability for way, probability in every.items() if span in way) for span in spans]
        assert row == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_candidates_and_readings_are_those_of_the_likeliest_ways(probabilities):
    logits, lengths, found = probabilities
    head = SpanHead(LABELS)
    scores, decoder = head.scores(logits), head.decoder()
    best = [sorted(every, key=every.get, reverse=True)[:3] for every in found]
    for spans, ways_of_window in zip(decoder.candidates(scores, lengths, 3), best, strict=True):
        assert set(unscored(spans)) == {span for way in ways_of_window for span in way}
    for readings, every, expected in zip(decoder.readings(scores, lengths, 3), found, best, strict=True):
        assert [tuple(spans) for spans, _ in readings] == expected
        assert [probability for _, probability in readings] == pytest.approx([every[way] for way in expected], rel=1e-4)


def test_flat_spans_come_back_and_others_are_reported():
    head = SpanHead(LABELS)
    targets = head.targets(SPANS, LENGTHS, 7)
    assert targets.dtype == np.int32 and targets.shape == (3, 14)
    classes = targets.reshape(3, 7, 2)
    assert (classes[2] == -1).all() and (classes[1, 3:] == -1).all() and (classes[1, :3] >= 0).all()
    sure = 9.0 * np.eye(3)[np.maximum(classes, 0)]
    assert [list(unscored(found)) for found in head.decode(sure, LENGTHS)] == SPANS
    outer, inner = Entity(0, 4, "X"), Entity(0, 2, "Y")
    assert head.unlearnable([inner, outer, Entity(5, 6, "X")]) == [inner]
    nested = head.targets([[TokenSpan(0, 2, "Y"), TokenSpan(0, 4, "X")]], np.array([4]), 5)
    assert np.array_equal(nested, head.targets([[TokenSpan(0, 4, "X")]], np.array([4]), 5))


def test_the_head_passes_the_layer_examination(check_layer, rng, precision):
    arguments = {"labels": LABELS, "label_smoothing": 0.1, "focal": 1.5, "dropout": 0.0}
    targets = SpanHead(**arguments).targets(SPANS[:2], LENGTHS[:2], 6)
    check_layer(SpanHead, arguments, [rng.normal(size=(2, 7, 4)).astype("float32")], precision, targets)
