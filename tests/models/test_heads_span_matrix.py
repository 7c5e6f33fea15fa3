"""The heads that score every span with every label, against loops over all spans and against bert4keras' layers."""

import itertools

import numpy as np
import pytest
from bert4keras.layers import EfficientGlobalPointer, GlobalPointer

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import DataError
from bert4ner.models.heads.biaffine import SIZES, BiaffineHead
from bert4ner.models.heads.efficient_global_pointer import EfficientGlobalPointerHead
from bert4ner.models.heads.global_pointer import GlobalPointerHead
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_matrix import PRIOR, SPANS_PER_TOKEN, most_spans
from bert4ner.models.precision import policy
from bert4ner.text.token_spans import TokenSpan

HEADS = [GlobalPointerHead, EfficientGlobalPointerHead, BiaffineHead]
LABELS = ["X", "Y", "Z"]
LENGTHS = np.array([5, 3, 1, 0])
SPANS = [
    [TokenSpan(0, 5, "X"), TokenSpan(0, 2, "X"), TokenSpan(1, 2, "Y"), TokenSpan(0, 5, "Y")],
    [TokenSpan(0, 1, "Z"), TokenSpan(0, 1, "Z"), TokenSpan(2, 3, "X")],
    [],
    [],
]


def all_spans(length):
    """Every span of a text of `length` tokens with every label."""
    return [TokenSpan(i, j, label) for i, j in itertools.combinations(range(length + 1), 2) for label in LABELS]


def cell(span):
    """Where whole windows have the span; [CLS] moves all by one."""
    return LABELS.index(span.label), span.start + 1, span.end


def unscored(spans):
    return [span._replace(score=None) for span in spans]


def make_logits(rng, scale=3.0, width=8):
    """Of whole windows."""
    return rng.normal(scale=scale, size=(len(LENGTHS), len(LABELS), width, width)).astype("float32")


def formula(logits, spans, length):
    """log(1 + sum over others of exp(s)) + log(1 + sum over gold of exp(-s)), summed over labels and first tokens."""
    total = 0.0
    for label, first in itertools.product(LABELS, range(length)):
        ours = [span for span in all_spans(length) if (span.start, span.label) == (first, label)]
        above = sum(np.exp(-float(logits[cell(span)])) for span in ours if span in spans)
        below = sum(np.exp(float(logits[cell(span)])) for span in ours if span not in spans)
        total += np.log(1 + above) + np.log(1 + below)
    return total


def expected_losses(logits):
    """Of each window; their mean is the loss per token."""
    losses = [formula(logits[row], SPANS[row], length) for row, length in enumerate(LENGTHS)]
    return np.array(losses) * len(LENGTHS) / sum(LENGTHS)


@pytest.mark.parametrize("padding", [0.0, 80.0, float("nan")])
def test_the_loss_is_the_formula_whatever_stands_where_no_span_is(rng, padding):
    head = GlobalPointerHead(LABELS)
    logits = make_logits(rng)
    for row, length in enumerate(LENGTHS):
        real = {cell(span) for span in all_spans(length)}
        for place in np.ndindex(logits.shape[1:]):
            if place not in real:
                logits[row][place] = padding
    targets = head.targets(SPANS, LENGTHS, 7)
    given = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(targets, given)
    np.testing.assert_allclose(losses, expected_losses(logits), rtol=1e-5, atol=1e-6)
    gradient = tape.gradient(losses, given).numpy()
    for row, length in enumerate(LENGTHS):
        for span in all_spans(length):
            assert bool(gradient[row][cell(span)] < 0) is (span in SPANS[row])
    assert np.isfinite(gradient).all() and np.count_nonzero(gradient) == sum(len(all_spans(n)) for n in LENGTHS)


@pytest.mark.parametrize("scale", [1e3, 1e30], ids=str)
def test_the_loss_and_its_gradient_are_finite_for_any_logits(rng, scale):
    head = GlobalPointerHead(LABELS)
    given = tf.constant(make_logits(rng, scale))
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 7), given)
    assert np.isfinite(losses).all() and np.isfinite(tape.gradient(losses, given)).all()


def test_the_gradient_agrees_with_finite_differences(rng):
    head = GlobalPointerHead(LABELS)
    targets, logits = head.targets(SPANS, LENGTHS, 7), make_logits(rng, 1.0)
    given = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = tf.reduce_sum(head.loss(targets, given)) * sum(LENGTHS) / len(LENGTHS)
    gradient = tape.gradient(loss, given).numpy()
    for row, spans in enumerate(SPANS):
        for span in all_spans(LENGTHS[row])[::5]:
            low, high = logits[row].astype(float), logits[row].astype(float)
            low[cell(span)] -= 1e-4
            high[cell(span)] += 1e-4
            slope = (formula(high, spans, LENGTHS[row]) - formula(low, spans, LENGTHS[row])) / 2e-4
            assert gradient[row][cell(span)] == pytest.approx(slope, abs=1e-5)


def test_targets_hold_length_and_cells_and_nothing_else():
    head = GlobalPointerHead(["X", "Y"])
    pieces = TokenSpan(0, 3, "Y", None, ((0, 1), (2, 3)))  # which it cannot hold
    spans = [[TokenSpan(2, 3, "Y"), TokenSpan(0, 3, "X"), pieces], [TokenSpan(0, 1, "X")], []]
    targets = head.targets(spans, np.array([3, 1, 0]), 15)
    assert targets.tolist() == [[3, 0, 0, 2, 1, 2, 2], [1, 0, 0, 0, -1, -1, -1], [0, *[-1] * 6]]
    assert targets.dtype == np.int32
    assert head.targets([[], []], np.array([2, 0]), 15).tolist() == [[2], [0]]
    with pytest.raises(ValueError, match=r"span must lie in a window of 3 tokens, got \[1, 4\) X"):
        head.targets([[TokenSpan(1, 4, "X")]], np.array([3]), 15)
    with pytest.raises(DataError, match="label 'Q' is not among the 2 labels"):
        head.targets([[TokenSpan(1, 2, "Q")]], np.array([3]), 15)


def test_decoding_finds_all_spans_above_zero_with_their_probability(rng):
    head = GlobalPointerHead(LABELS)
    logits = make_logits(rng) - 3
    found = head.decode(head.text(logits), LENGTHS)
    for row, length in enumerate(LENGTHS):
        expected = [span for span in all_spans(length) if logits[row][cell(span)] > 0]
        assert unscored(found[row]) == sorted(expected)
        for span in found[row]:
            assert span.score == pytest.approx(1 / (1 + np.exp(-logits[row][cell(span)])), rel=1e-5)
    assert len(found[0]) > 4 and found[3] == []
    asked = [all_spans(length) for length in LENGTHS]
    for row, probabilities in enumerate(head.span_scores(head.text(logits), LENGTHS, asked)):
        expected = [1 / (1 + np.exp(-float(logits[row][cell(span)]))) for span in asked[row]]
        assert probabilities == pytest.approx(expected, rel=1e-5)


def test_a_flat_head_decodes_the_heaviest_choice_of_disjoint_spans(rng):
    head = GlobalPointerHead(LABELS, nesting="none")
    assert head.may_nest and GlobalPointerHead(LABELS).nesting == "any"
    for _ in range(20):
        logits = make_logits(rng) - 3
        everything = GlobalPointerHead(LABELS).decode(head.text(logits), LENGTHS)[0]
        choices = [
            chosen
            for size in range(4)
            for chosen in itertools.combinations(everything, size)
            if all(one.end <= two.start or two.end <= one.start for one, two in itertools.combinations(chosen, 2))
        ]
        best = max(sum(span.score for span in chosen) for chosen in choices)
        found = head.decode(head.text(logits), LENGTHS)[0]
        assert tuple(found) in choices or len(found) > 3
        assert sum(span.score for span in found) >= best - 1e-9


def test_a_network_that_has_learned_nothing_gives_a_bounded_number_of_spans():
    head = GlobalPointerHead(LABELS)
    logits = np.full((1, 3, 40, 40), 1.0, "float32")
    logits[0, 1, 3, 5] = 9.0
    (found,) = head.decode(head.text(logits), np.array([38]))
    assert len(found) == most_spans(38) == SPANS_PER_TOKEN * 40 and TokenSpan(2, 5, "Y") in unscored(found)


# --- logits in parts ---


def make_parts(rng, scale=1.5, width=8):
    return rng.normal(scale=scale, size=(len(LENGTHS), width, width + 2 * len(LABELS))).astype("float32")


def real_parts(length, width=8):
    """Which numbers of one window, (width, width + 2 * labels), belong to some span of a text of `length` tokens."""
    real = np.zeros((width, width + 2 * len(LABELS)), bool)
    for label, first, last in (cell(span) for span in all_spans(length)):
        real[first, last] = real[last, width + label] = real[first, width + len(LABELS) + label] = True
    return real


@pytest.mark.parametrize("padding", [0.0, 80.0, float("nan")])
def test_the_loss_of_parts_is_the_formula_whatever_stands_where_no_span_is(rng, padding):
    head = EfficientGlobalPointerHead(LABELS)
    parts = make_parts(rng)
    expected = expected_losses(head.logits(tf.constant(parts)).numpy())
    real = np.stack([real_parts(length) for length in LENGTHS])
    given = tf.constant(np.where(real, parts, padding).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 7), given)
    np.testing.assert_allclose(losses, expected, rtol=1e-6)
    gradient = tape.gradient(losses, given).numpy()
    assert np.array_equal(gradient != 0, real)


@pytest.mark.parametrize("scale", [0.5, 3.0, 30.0])
def test_loss_and_gradient_of_parts_are_those_of_the_whole_logits(rng, scale):
    """Up to where 1 + exp(logit) of an entity leaves no digit for all others: nothing may be subtracted there."""
    head, whole = EfficientGlobalPointerHead(LABELS), GlobalPointerHead(LABELS)
    targets, given = head.targets(SPANS, LENGTHS, 7), tf.constant(make_parts(rng, scale))
    found = []
    for loss in (lambda: head.loss(targets, given), lambda: whole.loss(targets, head.logits(given))):
        with tf.GradientTape() as tape:
            tape.watch(given)
            losses = loss()
        found.append((losses.numpy(), tape.gradient(losses, given).numpy()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-4)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-3, atol=1e-5)


def test_one_sure_entity_does_not_drown_the_spans_beside_it(rng):
    head = EfficientGlobalPointerHead(["X"])
    parts = np.full((1, 5, 7), -2.0, "float32")
    parts[0, 1, 2] = 90.0  # tokens 0 to 1, an entity: logit 86
    losses = head.loss(head.targets([[TokenSpan(0, 2, "X")]], np.array([3]), 4), tf.constant(parts))
    others = np.log(1 + 2 * np.exp(-6)) + np.log(1 + 2 * np.exp(-6)) + np.log(1 + np.exp(-6))  # by first token
    assert float(losses[0]) == pytest.approx(others / 3, rel=1e-5)


@pytest.mark.parametrize("scale", [1e3, 1e30], ids=str)
def test_the_loss_of_parts_and_its_gradient_are_finite_for_any_numbers(rng, scale):
    head = EfficientGlobalPointerHead(LABELS)
    given = tf.constant(make_parts(rng, scale))
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 7), given)
    assert np.isfinite(losses).all() and np.isfinite(tape.gradient(losses, given)).all()


@pytest.mark.parametrize("nesting", ["any", "labels", "none"])
def test_parts_are_decoded_as_the_whole_logits_are(rng, nesting):
    head, whole = (kind(LABELS, nesting=nesting) for kind in (EfficientGlobalPointerHead, GlobalPointerHead))
    asked = [all_spans(length) for length in LENGTHS]
    for scale in (0.5, 3.0):
        parts = make_parts(rng, scale)
        logits = whole.text(head.logits(tf.constant(parts)).numpy())
        parts = head.text(parts)
        for one, other in (
            (head.decode(parts, LENGTHS), whole.decode(logits, LENGTHS)),
            (head.decoder().candidates(parts, LENGTHS, 5), whole.decoder().candidates(logits, LENGTHS, 5)),
        ):
            assert [unscored(row) for row in one] == [unscored(row) for row in other]
            assert sum(map(len, one)) > 5
            for mine, theirs in zip(itertools.chain(*one), itertools.chain(*other), strict=True):
                assert mine.score == pytest.approx(theirs.score, rel=1e-5)
        for one, other in zip(
            head.span_scores(parts, LENGTHS, asked), whole.span_scores(logits, LENGTHS, asked), strict=True
        ):
            assert one == pytest.approx(other, rel=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (GlobalPointerHead, GlobalPointer),
        (EfficientGlobalPointerHead, EfficientGlobalPointer),
    ],
)
def test_scores_are_those_of_bert4keras_for_the_same_weights(rng, ours, theirs):
    head, witness = ours(LABELS, head_size=6), theirs(len(LABELS), 6)
    features = tf.constant(rng.normal(size=(2, 9, 10)).astype("float32"))
    head.build((None, None, 10))
    witness.build((None, None, 10))
    parts = [witness.dense] if theirs is GlobalPointer else [witness.p_dense, witness.q_dense]
    witness(features, mask=tf.ones((2, 9), "bool"))
    values = [rng.normal(scale=0.5, size=weight.shape) for part in parts for weight in part.get_weights()]
    own = [weight for weight in head.weights if "prior" not in weight.name]
    for weight, value in zip(own, values, strict=True):
        weight.assign(value)
    head.prior.assign(np.zeros((3, 1, 1)))
    weights = iter(weight.numpy() for weight in own)
    for part in parts:
        part.set_weights([next(weights) for _ in part.get_weights()])
    mask = tf.constant(np.arange(9) < np.array([[9], [6]]))
    expected = witness(features, mask=mask).numpy()
    inside = np.isfinite(expected)
    assert inside.sum() == 3 * (45 + 21)
    np.testing.assert_allclose(head.logits(head(features)).numpy()[inside], expected[inside], atol=1e-4)


def test_what_is_turned_has_gradients_of_any_order(rng):
    given, other = (tf.constant(rng.normal(size=(3, 4)).astype("float32")) for _ in range(2))
    with tf.GradientTape() as outer:
        outer.watch(given)
        with tf.GradientTape() as inner:
            inner.watch(given)
            value = tf.reduce_sum(tf.square(rotate(given)) * other)
        slopes = inner.gradient(value, given)
        total = tf.reduce_sum(tf.square(slopes))
    matrix = rotate(tf.reshape(tf.eye(12), (12, 3, 4))).numpy().reshape(12, 12)
    hessian = 2 * matrix @ np.diag(other.numpy().ravel()) @ matrix.T  # turned by rows
    np.testing.assert_allclose(slopes.numpy().ravel(), hessian @ given.numpy().ravel(), rtol=1e-4, atol=1e-5)
    expected = 2 * hessian @ hessian @ given.numpy().ravel()
    np.testing.assert_allclose(outer.gradient(total, given).numpy().ravel(), expected, rtol=1e-4, atol=1e-4)


def test_rotated_products_depend_on_the_distance_only(rng):
    one, other = rng.normal(size=(2, 8)).astype("float32")
    turned = [rotate(tf.constant(np.tile(vector, (30, 1)))).numpy() for vector in (one, other)]
    products = turned[0] @ turned[1].T
    for distance in (-7, 0, 1, 12):
        assert np.ptp(np.diagonal(products, distance)) < 1e-4
    assert products[0, 0] == pytest.approx(one @ other, abs=1e-5) and abs(products[0, 3] - products[0, 0]) > 1e-3
    np.testing.assert_allclose(
        turned[0][5, :2], [one[0] * np.cos(5) - one[1] * np.sin(5), one[1] * np.cos(5) + one[0] * np.sin(5)], atol=1e-5
    )


def test_biaffine_logits_are_the_bilinear_form_and_terms_of_tokens_and_size(rng):
    head = BiaffineHead(LABELS, head_size=4)
    features = rng.normal(size=(2, SIZES + 3, 7)).astype("float32")
    head.build(features.shape)
    head.sizes.assign(rng.normal(size=(3, SIZES)))
    head.terms.kernel.assign(rng.normal(size=(7, 6)))
    found = head(tf.constant(features)).numpy()
    start_kernel, end_kernel = head.starts.kernel.numpy(), head.ends.kernel.numpy()
    terms = features @ head.terms.kernel.numpy()  # (rows, tokens, 2 * labels)

    def activated(values):
        return np.append(np.where(values > 0, values, 0.1 * values), 1.0)

    spans = list(itertools.combinations_with_replacement(range(SIZES + 3), 2))
    for row, (i, j), label in itertools.product(range(2), spans, range(3)):
        start, end = activated(features[row, i] @ start_kernel), activated(features[row, j] @ end_kernel)
        expected = start @ head.forms.numpy()[label] @ end + PRIOR + terms[row, i, label] + terms[row, j, 3 + label]
        expected += head.sizes.numpy()[label, min(j - i, SIZES - 1)]
        assert found[row, label, i, j] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("cls", HEADS)
def test_the_head_passes_the_layer_examination(check_layer, rng, cls, precision):
    arguments = {"labels": LABELS, "head_size": 4, "nesting": "none", "dropout": 0.0}
    targets = cls(**arguments).targets(SPANS[:2], LENGTHS[:2], 6)
    check_layer(cls, arguments, [rng.normal(size=(2, 7, 6)).astype("float32")], precision, targets)


@pytest.mark.parametrize("cls", HEADS)
@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_scores_and_loss_are_float32_under_every_policy(rng, cls, name):
    with policy(name):
        features = keras.Input((None, 4))
        network = keras.Model(features, cls(LABELS)(features))
    head = network.layers[-1]
    outputs = network(rng.normal(size=(2, 7, 4)).astype("float32"))
    targets = head.targets(SPANS[:2], LENGTHS[:2], 6)
    assert network.output.dtype == outputs.dtype == head.loss(targets, outputs).dtype == tf.float32
    assert head.compute_dtype == "float32"


@pytest.mark.parametrize("cls", HEADS)
def test_an_untrained_head_finds_hardly_anything(rng, cls):
    head = cls(LABELS)
    logits = head.logits(head(tf.constant(rng.normal(size=(4, 60, 32)).astype("float32")))).numpy()
    assert logits.mean() == pytest.approx(PRIOR, abs=0.5) and (logits > 0).mean() < 1e-3
    assert np.array_equal(head.prior.numpy(), np.full((3, 1, 1), PRIOR, "float32"))
