"""Unsure spans: a loss says nothing of them, by enumeration of all sequences, by formulas, and by its gradient."""

import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import DataError
from bert4ner.models.heads.crf import CRFHead
from bert4ner.models.heads.global_pointer import GlobalPointerHead
from bert4ner.registry import HEADS
from bert4ner.text.token_spans import TokenSpan

LABELS = ["X", "Y"]
LENGTHS = np.array([5, 3, 1, 0])
WIDTH = 7  # of windows: [CLS], 5 tokens, [SEP]
GOLD = [[TokenSpan(0, 2, "X")], [TokenSpan(1, 3, "Y")], [], []]
UNSURE = [
    # As a gold one; across a gold one, which only heads for nested entities can leave open; overlapping one another.
    [TokenSpan(0, 2, "X"), TokenSpan(1, 4, "Y"), TokenSpan(3, 5, "X"), TokenSpan(3, 4, "Y")],
    [TokenSpan(0, 1, "X")],
    [],
    [],
]
FLAT = [[TokenSpan(3, 5, "X"), TokenSpan(3, 4, "Y")], *UNSURE[1:]]
"""Those that leave something open where entities do not overlap."""


def all_spans(length):
    return [TokenSpan(i, j, label) for i, j in itertools.combinations(range(length + 1), 2) for label in LABELS]


def make(name):
    more = {"scheme": "bios"} if name in ("crf", "softmax") else {} if name == "span" else {"head_size": 8}
    return HEADS.get(name)(labels=LABELS, **more)


def make_outputs(head, rng):
    asked = (len(LABELS),) if head.kind.startswith("start") else ()  # mrc reads windows label by label
    shape = head.compute_output_shape((len(LENGTHS), *asked, WIDTH, 4))
    return rng.normal(scale=2, size=shape).astype("float32")


def learned(head, outputs, unsure, gold=GOLD, weights=()):
    """The losses, and the gradients of their sum for the outputs and some weights."""
    given = tf.constant(outputs)
    targets = tf.constant(head.targets(gold, LENGTHS, WIDTH - 1, unsure))
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(targets, given)
        total = tf.reduce_sum(losses)
    gradients = tape.gradient(total, [given, *weights])
    return losses.numpy(), *(gradient.numpy() for gradient in gradients)


# ---- crf: all sequences that agree with what is sure


def log_sum_exp(scores):
    return scores.max() + np.log(np.exp(scores - scores.max()).sum())


def crf(scheme, rng):
    head = CRFHead(scheme, LABELS)
    head.build((None, None, 4))
    head.set_weights([rng.normal(scale=2, size=weight.shape) for weight in head.get_weights()])
    return head


def agreeing(oracle, length, gold, unsure):
    """The legal sequences with the gold tags where nothing is unsure, and there O or a tag of an unsure span."""
    tags = {}
    for path in oracle.paths(length):
        tags.setdefault(tuple(oracle.spans(path)), path)
    right = tags[tuple(span.place[:3] for span in gold)]
    choices = [{tag} for tag in right]
    for span in unsure:
        for token in span.tokens:
            assert right[token] == 0
            choices[token].add(tags[span.place[:3],][token])
    return [path for path in oracle.paths(length) if all(tag in choices[token] for token, tag in enumerate(path))]


@pytest.mark.parametrize("scheme", ["bio", "bios", "bioes"])
def test_a_crf_loses_the_probability_of_all_sequences_that_agree_with_what_is_sure(rng, enumeration, scheme):
    head, oracle = crf(scheme, rng), enumeration(scheme, LABELS)
    emissions = rng.normal(scale=2, size=(len(LENGTHS), WIDTH, len(head.tagset))).astype("float32")
    chain = [weight.numpy().astype(float) for weight in (head.transitions, head.starts, head.ends)]
    expected, slopes = np.zeros(len(LENGTHS)), [np.zeros_like(emissions, float), np.zeros_like(chain[0])]
    for row, length in enumerate(LENGTHS):
        emissions[row, [0, *range(length + 1, WIDTH)]] = np.nan
        if not length:
            continue
        groups = oracle.paths(int(length)), agreeing(oracle, int(length), GOLD[row], FLAT[row])
        scores = [oracle.weigh(paths, emissions[row, 1 : length + 1].astype(float), *chain) for paths in groups]
        expected[row] = log_sum_exp(scores[0]) - log_sum_exp(scores[1])
        for sign, paths, weights in zip((1, -1), groups, scores, strict=True):
            for probability, path in zip(np.exp(weights - log_sum_exp(weights)), paths, strict=True):
                slopes[0][row, np.arange(1, length + 1), path] += sign * probability
                np.add.at(slopes[1], (path[:-1], path[1:]), sign * probability)
    scale = len(LENGTHS) / LENGTHS.sum()
    losses, *gradients = learned(head, emissions, UNSURE, weights=[head.transitions])
    np.testing.assert_allclose(losses, expected * scale, rtol=1e-5, atol=1e-6)
    for found, slope in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(found, slope * scale, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scheme", ["bio", "bios", "bioes"])
def test_a_crf_of_which_everything_is_sure_is_the_full_one_and_one_of_which_nothing_is_loses_nothing(rng, scheme):
    head = crf(scheme, rng)
    emissions = rng.normal(scale=2, size=(len(LENGTHS), WIDTH, len(head.tagset))).astype("float32")
    full, sure = (learned(head, emissions, unsure) for unsure in (None, [[]] * len(LENGTHS)))
    assert all(np.array_equal(one, other) for one, other in zip(full, sure, strict=True))
    # In a batch with an open token the sequences of the others are summed, too: over the only one that there is.
    one_open = [[], [], [TokenSpan(0, 1, "X")], []]
    np.testing.assert_allclose(learned(head, emissions, one_open)[0][[0, 1, 3]], full[0][[0, 1, 3]], rtol=1e-5)
    nothing = [all_spans(length) for length in LENGTHS]
    losses, slopes = learned(head, emissions, nothing, gold=[[]] * len(LENGTHS))
    np.testing.assert_allclose(losses, 0, atol=1e-6)
    np.testing.assert_allclose(slopes, 0, atol=1e-6)


@pytest.mark.parametrize("scale", [50, 1000])
def test_a_partial_crf_is_finite_for_any_emissions(rng, scale):
    head = crf("bios", rng)
    emissions = rng.uniform(-scale, scale, size=(len(LENGTHS), WIDTH, len(head.tagset))).astype("float32")
    losses, *gradients = learned(head, emissions, UNSURE, weights=[head.transitions, head.starts, head.ends])
    assert (losses >= -1e-4).all() and all(np.isfinite(each).all() for each in (losses, *gradients))


# ---- the others: places without loss


def open_places(name):
    """Where the outputs are about an unsure span alone."""
    found = []
    for row, (gold, unsure) in enumerate(zip(GOLD, FLAT if name in ("softmax", "span") else UNSURE, strict=True)):
        for start, end, label, *_ in unsure:
            number, tokens = LABELS.index(label), range(start, end)
            if TokenSpan(start, end, label) in gold:
                continue
            match name:
                case "softmax":
                    found += [(row, token + 1) for token in tokens]
                case "span":
                    found += [(row, start + 1, 0), (row, end, 1)]
                case "w2ner":
                    found += [
                        (row, one + 1, other + 1) for one, other in (*itertools.pairwise(tokens), (end - 1, start))
                    ]
                case "mrc":
                    found += [(row, number, -2, start + 1), (row, number, -1, end), (row, number, start + 1, end)]
                case _:
                    found.append((row, number, start + 1, end))
    return found


@pytest.mark.parametrize("name", ["softmax", "span", "w2ner", "mrc", "global_pointer", "biaffine"])
def test_what_is_open_has_no_gradient_and_all_else_the_one_that_it_had(rng, name):
    head = make(name)
    outputs = make_outputs(head, rng)
    (_, before), (losses, after) = learned(head, outputs, None), learned(head, outputs, UNSURE)
    places = open_places(name)
    for place in places:
        assert before[place].any() or (name == "mrc" and place[2] >= 0)  # matches that nobody asked about had none
        assert not after[place].any()
    changed = outputs.copy()
    for place in places:
        # Of mrc, an end predicted right or wrong stays so: with it go the matches in question.
        changed[place] = outputs[place] * 2 if name == "mrc" else rng.normal(size=np.shape(outputs[place]))
    np.testing.assert_array_equal(learned(head, changed, UNSURE)[0], losses)
    if name in ("global_pointer", "biaffine"):
        return  # cells share a sum, see below
    for place in places:
        before[place] = 0
    np.testing.assert_allclose(after, before, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in HEADS.own() if name != "crf"])
def test_a_loss_without_unsure_spans_is_the_same_to_the_last_bit(rng, name):
    head = make(name)
    outputs = make_outputs(head, rng)
    assert head.leaves_open
    plain, none, contradicted = (
        learned(head, outputs, unsure) for unsure in (None, [[]] * len(LENGTHS), [GOLD[0], [], [], []])
    )
    for one, other, third in zip(plain, none, contradicted, strict=True):
        assert np.array_equal(one, other) and np.array_equal(one, third)


def formula(logits, row):
    """log(1 + sum over others of exp(s)) + log(1 + sum over gold of exp(-s)), but for what is open."""
    total = 0.0
    left = [span for span in all_spans(LENGTHS[row]) if span in GOLD[row] or span not in UNSURE[row]]
    for label, first in itertools.product(LABELS, range(LENGTHS[row])):
        above = below = 0.0
        for span in (span for span in left if (span.start, span.label) == (first, label)):
            logit = float(logits[row, LABELS.index(label), span.start + 1, span.end])
            above, below = (above + np.exp(-logit), below) if span in GOLD[row] else (above, below + np.exp(logit))
        total += np.log(1 + above) + np.log(1 + below)
    return total


@pytest.mark.parametrize("name", ["global_pointer", "biaffine", "efficient_global_pointer"])
def test_span_matrices_take_open_cells_for_neither(rng, name):
    head = make(name)
    outputs = make_outputs(head, rng)
    logits = head.logits(tf.constant(outputs)).numpy()
    losses, gradient = learned(head, outputs, UNSURE)
    expected = np.array([formula(logits, row) for row in range(len(LENGTHS))]) * len(LENGTHS) / LENGTHS.sum()
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    given = tf.constant(outputs)
    with tf.GradientTape() as tape:  # through the logits of every cell
        tape.watch(given)
        same = GlobalPointerHead(LABELS)
        total = tf.reduce_sum(same.loss(same.targets(GOLD, LENGTHS, WIDTH - 1, UNSURE), head.logits(given)))
    np.testing.assert_allclose(gradient, tape.gradient(total, given), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", HEADS.own())
def test_unsure_spans_are_checked_as_gold_ones_are(name):
    head = make(name)
    with pytest.raises(ValueError, match="span must lie in"):
        head.targets([[]], np.array([2]), 3, [[TokenSpan(1, 3, "X")]])
    with pytest.raises(DataError, match="'Q' is not among"):
        head.targets([[]], np.array([2]), 3, [[TokenSpan(1, 2, "Q")]])


@pytest.mark.parametrize("name", HEADS.own())
def test_the_divergence_counts_open_places_too(rng, name):
    head = make(name)
    one, other = make_outputs(head, rng), make_outputs(head, rng)
    found = [
        head.divergence(
            tf.constant(head.targets(GOLD, LENGTHS, WIDTH - 1, unsure)), tf.constant(one), tf.constant(other)
        )
        for unsure in (None, UNSURE)
    ]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", HEADS.own())
def test_a_graph_for_batches_of_any_shape_gives_the_same_losses(rng, name):
    head = make(name)
    if name == "crf":
        head.build((None, None, 4))
    asked = (len(LABELS),) if name == "mrc" else ()
    shape = head.compute_output_shape((None, *asked, None, 4))
    signature = [tf.TensorSpec((None, None), "int32"), tf.TensorSpec(shape, "float32")]
    graph, outputs = tf.function(head.loss, input_signature=signature), tf.constant(make_outputs(head, rng))
    found = []
    for unsure in (None, UNSURE):
        targets = tf.constant(head.targets(GOLD, LENGTHS, WIDTH - 1, unsure))
        found.append(graph(targets, outputs).numpy())
        np.testing.assert_allclose(found[-1], head.loss(targets, outputs), rtol=1e-5)
    assert (found[0][:2] > found[1][:2]).all()  # the loss of what is left open is missing
