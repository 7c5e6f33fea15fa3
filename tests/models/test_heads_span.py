"""The pointers of first and last tokens, against the formula token by token and against all ways to read them."""

import itertools

import numpy as np
import pytest

from bert4ner.compat.frameworks import tf
from bert4ner.entities import Entity
from bert4ner.models.heads.span import SpanHead

LABELS = ["X", "Y"]
LENGTHS = np.array([7, 5, 2])                                                # [CLS] and [SEP] counted
SPANS = [[(0, 2, "X"), (2, 3, "Y")], [(0, 3, "Y")], []]


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def pointers(spans, length):
    """The right class of each token (length, 2)."""
    classes = np.zeros((length, 2), int)
    for start, end, label in spans:
        classes[start, 0] = classes[end - 1, 1] = LABELS.index(label) + 1
    return classes


@pytest.mark.parametrize(("smoothing", "focal"), [(0.0, 0.0), (0.1, 0.0), (0.0, 2.0), (0.2, 0.5)])
@pytest.mark.parametrize("padding", [50.0, float("nan")])
def test_the_loss_is_the_formula(rng, smoothing, focal, padding):
    head = SpanHead(LABELS, label_smoothing=smoothing, focal=focal)
    logits = rng.normal(scale=2, size=(3, 9, 2, 3)).astype("float32")
    expected, count = np.zeros(3), 0
    for row, length in enumerate(LENGTHS - 2):
        logits[row, [0, *range(length + 1, 9)]] = padding
        classes = pointers(SPANS[row], length)
        for token, pointer in itertools.product(range(length), range(2)):
            chances = softmax(logits[row, token + 1, pointer].astype(float))
            right = chances[classes[token, pointer]]
            expected[row] -= (1 - right) ** focal * (1 - smoothing) * np.log(right) + smoothing * np.log(chances).mean()
            count += 1
    given = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 9), given)
    np.testing.assert_allclose(losses, expected * 3 / count, rtol=1e-4, atol=1e-6)
    gradient = tape.gradient(losses, given).numpy()
    assert np.isfinite(gradient).all() and not gradient[:, 0].any() and not gradient[1, 4:].any()


@pytest.mark.parametrize("focal", [0.0, 0.5, 2.0])
def test_a_certain_network_has_a_finite_gradient(focal):
    head = SpanHead(LABELS, focal=focal)
    targets = head.targets(SPANS, LENGTHS, 7)
    given = tf.one_hot(tf.maximum(tf.reshape(targets, (3, 7, 2)), 0), 3) * 1000.0
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(targets, given)
    assert np.isfinite(tape.gradient(losses, given)).all()
    np.testing.assert_allclose(losses, 0, atol=1e-6)


def strictly(firsts, lasts):
    """All spans whose two ends agree, without another beginning or an earlier end in between."""
    found = []
    for start, end in itertools.combinations(range(len(firsts) + 1), 2):
        kind = firsts[start]
        inside = range(start, end - 1)
        clean = all(lasts[token] != kind for token in inside) and not any(firsts[start + 1 : end])
        if kind and lasts[end - 1] == kind and clean:
            found.append((start, end, LABELS[kind - 1]))
    return found


def test_decoding_pairs_every_first_token_with_the_nearest_last_of_its_label(rng):
    head, seen = SpanHead(LABELS), 0
    for firsts, lasts in itertools.product(itertools.product(range(3), repeat=4), repeat=2):
        chances = rng.uniform(0, 0.3, size=(1, 6, 2, 3))
        for token in range(4):
            chances[0, token + 1, 0, firsts[token]] = chances[0, token + 1, 1, lasts[token]] = 0.9
        (found,) = head.decode_scores(chances, np.array([6]), None)
        expected = strictly(firsts, lasts)
        assert [span[:3] for span in found] == expected
        assert all(span[3] == pytest.approx(0.81) for span in found)
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(found))
        seen += len(found)
    assert seen > 1000


def test_scores_of_spans_are_products_of_two_probabilities(rng):
    head = SpanHead(LABELS)
    logits = rng.normal(scale=3, size=(2, 7, 2, 3))
    asked = [[(0, 3, "X"), (4, 5, "Y")], [(1, 2, "Y")]]
    for row, chances in enumerate(head.span_scores(logits, LENGTHS[:2], asked)):
        for chance, (start, end, label) in zip(chances, asked[row], strict=True):
            kind = LABELS.index(label) + 1
            one, other = softmax(logits[row, start + 1, 0]), softmax(logits[row, end, 1])
            assert chance == pytest.approx(one[kind] * other[kind], rel=1e-6)


def test_flat_spans_come_back_and_others_are_told():
    head = SpanHead(LABELS)
    targets = head.targets(SPANS, LENGTHS, 8)
    assert targets.dtype == np.int32 and targets.shape == (3, 16)
    classes = targets.reshape(3, 8, 2)
    assert (classes[2] == -1).all() and (classes[:, 0] == -1).all() and (classes[1, 4:] == -1).all()
    chances = np.eye(3)[np.maximum(classes, 0)]
    assert [[span[:3] for span in found] for found in head.decode_scores(chances, LENGTHS, None)] == SPANS
    outer, inner = Entity(0, 4, "X"), Entity(0, 2, "Y")
    assert head.unlearnable([inner, outer, Entity(5, 6, "X")]) == [inner]
    nested = head.targets([[(0, 2, "Y"), (0, 4, "X")]], np.array([6]), 6)
    assert np.array_equal(nested, head.targets([[(0, 4, "X")]], np.array([6]), 6))


def test_the_head_passes_the_layer_examination(check_layer, rng, precision):
    arguments = {"labels": LABELS, "label_smoothing": 0.1, "focal": 1.5, "dropout": 0.0}
    targets = SpanHead(**arguments).targets(SPANS[:2], LENGTHS[:2], 7)
    check_layer(SpanHead, arguments, [rng.normal(size=(2, 7, 4)).astype("float32")], precision, targets)
