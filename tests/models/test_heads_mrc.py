"""The head that asks for first tokens, last tokens and matches, against loops over all spans."""

import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import DataError
from bert4ner.models.heads.mrc import MRCHead
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_matrix import most_spans
from bert4ner.models.precision import policy
from bert4ner.text.token_spans import TokenSpan

LABELS = ["X", "Y", "Z"]
LENGTHS = np.array([5, 3, 1, 0])
SPANS = [
    [TokenSpan(0, 5, "X"), TokenSpan(0, 2, "X"), TokenSpan(1, 2, "Y"), TokenSpan(0, 5, "Y")],
    [TokenSpan(0, 1, "Z"), TokenSpan(0, 1, "Z"), TokenSpan(2, 3, "X")],
    [],
    [],
]
TOKENS = sum(LENGTHS)


def all_spans(length):
    """Every span of a text of `length` tokens with every label."""
    return [TokenSpan(i, j, label) for i, j in itertools.combinations(range(length + 1), 2) for label in LABELS]


def logits_of(window, span):
    """Of first token, last token and match in a whole window; [CLS] moves all by one."""
    rows = window[LABELS.index(span.label)]
    return [float(rows[-2, span.start + 1]), float(rows[-1, span.end]), float(rows[span.start + 1, span.end])]


def make_logits(rng, scale=3.0, width=8):
    return rng.normal(scale=scale, size=(len(LENGTHS), len(LABELS), 2 + width, width)).astype("float32")


def entropy(logit, right):
    return np.log1p(np.exp(-logit if right else logit))


def formula(logits, spans, length):
    """Sum of the cross entropies of first tokens, last tokens, and of pairs of those that are right or predicted."""
    gold, total = set(spans), 0.0
    starts = {(span.start, span.label) for span in gold}
    ends = {(span.end, span.label) for span in gold}
    for token, label in itertools.product(range(length), LABELS):
        first, last, _ = logits_of(logits, TokenSpan(token, token + 1, label))
        total += entropy(first, (token, label) in starts) + entropy(last, (token + 1, label) in ends)
    for span in all_spans(length):
        first, last, match = logits_of(logits, span)
        if ((span.start, span.label) in starts or first > 0) and ((span.end, span.label) in ends or last > 0):
            total += entropy(match, span in gold)
    return total


@pytest.mark.parametrize("padding", [0.0, 80.0, float("nan")])
def test_the_loss_is_the_formula_whatever_stands_where_no_span_is(rng, padding):
    head, logits = MRCHead(LABELS), make_logits(rng)
    real = np.zeros(logits.shape, bool)
    for row, length in enumerate(LENGTHS):
        real[row, :, -2:, 1 : length + 1] = True
        for span in all_spans(length):
            real[row, LABELS.index(span.label), span.start + 1, span.end] = True
    given = tf.constant(np.where(real, logits, np.float32(padding)))
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 7), given)
    expected = [formula(logits[row], SPANS[row], length) for row, length in enumerate(LENGTHS)]
    np.testing.assert_allclose(losses, np.array(expected) * len(LENGTHS) / TOKENS, rtol=1e-5, atol=1e-6)
    gradient = tape.gradient(losses, given).numpy()
    assert np.isfinite(gradient).all() and not gradient[~real].any()
    assert (gradient[real] != 0).sum() > 2 * len(LABELS) * TOKENS


@pytest.mark.parametrize("scale", [1e3, 1e30], ids=str)
def test_the_loss_and_its_gradient_are_finite_for_any_logits(rng, scale):
    head, given = MRCHead(LABELS), tf.constant(make_logits(rng, scale))
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 7), given)
    assert np.isfinite(losses).all() and np.isfinite(tape.gradient(losses, given)).all()


def test_decoding_finds_all_spans_with_start_end_and_match(rng):
    head = MRCHead(LABELS)
    for _ in range(10):
        logits = make_logits(rng)
        found = head.decode(head.text(logits), LENGTHS)
        for row, length in enumerate(LENGTHS):
            expected = [span for span in all_spans(length) if min(logits_of(logits[row], span)) > 0]
            assert [span._replace(score=None) for span in found[row]] == sorted(expected)
            for span in found[row]:
                probabilities = 1 / (1 + np.exp(-np.array(logits_of(logits[row], span))))
                assert span.score == pytest.approx(np.prod(probabilities), rel=1e-5)
    asked = [all_spans(length) for length in LENGTHS]
    for row, probabilities in enumerate(head.span_scores(head.text(logits), LENGTHS, asked)):
        expected = [np.prod(1 / (1 + np.exp(-np.array(logits_of(logits[row], span))))) for span in asked[row]]
        assert probabilities == pytest.approx(expected, rel=1e-5)
    with pytest.raises(DataError, match="label 'Q' is not among the 3 labels"):
        head.span_scores(head.text(logits), LENGTHS, [[TokenSpan(0, 1, "Q")], [], [], []])


def test_candidates_are_spans_with_start_end_and_match_above_the_limit(rng):
    head, logits, numbers = MRCHead(LABELS, nesting="none"), make_logits(rng), []
    for nbest in (1, 2, 5):
        found = head.decoder().candidates(head.text(logits), LENGTHS, nbest)
        for row, length in enumerate(LENGTHS):
            probabilities = {
                span: 1 / (1 + np.exp(-np.array(logits_of(logits[row], span)))) for span in all_spans(length)
            }
            expected = {span: np.prod(parts) for span, parts in probabilities.items() if min(parts) > 1 / (2 * nbest)}
            assert {span._replace(score=None): span.score for span in found[row]} == pytest.approx(expected, rel=1e-5)
        numbers.append(sum(map(len, found)))
    assert 0 < numbers[0] < numbers[1] < numbers[2], numbers


def test_a_flat_head_decodes_the_heaviest_choice_of_disjoint_spans(rng):
    head = MRCHead(LABELS, nesting="none")
    assert head.may_nest and MRCHead(LABELS).nesting == "any"
    for _ in range(20):
        logits = make_logits(rng)
        everything = MRCHead(LABELS).decode(head.text(logits), LENGTHS)[0]
        choices = [
            chosen
            for size in range(6)
            for chosen in itertools.combinations(everything, size)
            if all(one.end <= two.start or two.end <= one.start for one, two in itertools.combinations(chosen, 2))
        ]
        found = head.decode(head.text(logits), LENGTHS)[0]
        assert tuple(found) in choices
        best = max(sum(span.score for span in chosen) for chosen in choices)
        assert sum(span.score for span in found) >= best - 1e-9


def test_a_network_that_has_learned_nothing_gives_a_bounded_number_of_spans():
    logits = np.full((1, 3, 42, 40), 1.0, "float32")
    logits[0, 1, 3, 5] = 9.0
    head = MRCHead(LABELS)
    (found,) = head.decode(head.text(logits), np.array([38]))
    assert len(found) == most_spans(38) and (2, 5, "Y", ()) in [span.place for span in found]


def test_logits_are_a_classification_of_tokens_and_of_turned_pairs(rng):
    head = MRCHead(LABELS, head_size=4)
    features = rng.normal(size=(2, 3, 5, 7)).astype("float32")
    head.build(features.shape)
    head.conditions.kernel.assign(rng.normal(size=(7, 14)))
    found = head(tf.constant(features)).numpy()
    asked = features[:, :, 0] - features[:, :, 0].mean(axis=1, keepdims=True)
    asked *= 4 / np.sqrt((asked**2).sum(axis=-1, keepdims=True) + 1e-3)
    conditions = (asked @ head.conditions.kernel.numpy())[:, :, None]  # (batch, labels, 1, 14)
    features = features * (1 + conditions[..., :7]) + conditions[..., 7:]
    projected = features @ head.projection.kernel.numpy() + head.projection.bias.numpy()  # (batch, labels, length, 12)
    assert found.shape == (2, 3, 7, 5)
    np.testing.assert_allclose(found[:, :, -2], projected[..., 8], atol=1e-5)
    np.testing.assert_allclose(found[:, :, -1], projected[..., 9], atol=1e-5)
    queries, keys = (rotate(tf.constant(part)).numpy() for part in (projected[..., :4], projected[..., 4:8]))
    for row, label, i, j in itertools.product(range(2), range(3), range(5), range(5)):
        match = queries[row, label, i] @ keys[row, label, j] / 2
        match += projected[row, label, i, 10] + projected[row, label, j, 11]
        assert found[row, label, i, j] == pytest.approx(match, abs=1e-4)


def test_a_single_query_conditions_nothing_and_an_untrained_head_does_not_either(rng):
    features = tf.constant(rng.normal(size=(2, 3, 5, 7)).astype("float32"))
    head = MRCHead(LABELS, head_size=4)
    before = head(features).numpy()
    one = head(features[:, :1]).numpy()
    np.testing.assert_allclose(before[:, :1], one, atol=1e-6)
    head.conditions.kernel.assign(rng.normal(size=(7, 14)))
    np.testing.assert_allclose(head(features[:, :1]), one, atol=1e-6)
    assert np.abs(head(features) - before).max() > 0.1


def test_the_head_passes_the_layer_examination(check_layer, rng, precision):
    arguments = {"labels": LABELS, "head_size": 4, "nesting": "none", "dropout": 0.0}
    targets = MRCHead(**arguments).targets(SPANS[:2], LENGTHS[:2], 6)
    check_layer(MRCHead, arguments, [rng.normal(size=(2, 3, 7, 6)).astype("float32")], precision, targets)


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_scores_and_loss_are_float32_under_every_policy(rng, name):
    with policy(name):
        features = keras.Input((3, None, 4))
        network = keras.Model(features, MRCHead(LABELS)(features))
    head = network.layers[-1]
    outputs = network(rng.normal(size=(2, 3, 7, 4)).astype("float32"))
    targets = head.targets(SPANS[:2], LENGTHS[:2], 6)
    assert network.output.dtype == outputs.dtype == head.loss(targets, outputs).dtype == tf.float32
    assert head.compute_dtype == "float32"


def test_an_untrained_head_takes_hardly_any_token_for_first_or_last(rng):
    logits = MRCHead(LABELS)(tf.constant(rng.normal(size=(2, 3, 60, 32)).astype("float32"))).numpy()
    assert logits[:, :, -2:].mean() == pytest.approx(-4, abs=0.5)
    assert logits[:, :, :-2].mean() == pytest.approx(0, abs=0.5)
