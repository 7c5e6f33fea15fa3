"""Losses that options shape: smoothed, focal, weighted by label; each against its formula, written in loops."""

import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.heads.crf import CRFHead
from bert4ner.models.heads.label_weights import label_weights_of
from bert4ner.models.heads.softmax import SoftmaxHead
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.text.token_spans import TokenSpan

LABELS = ["X", "Y"]
LENGTHS = np.array([5, 3])
SPANS = [[TokenSpan(0, 2, "X"), TokenSpan(3, 4, "Y")], [TokenSpan(1, 3, "Y")]]
WIDTH = 7  # of windows: [CLS], 5 tokens, [SEP]


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum())


def log_sum_exp(scores):
    return scores.max() + np.log(np.exp(scores - scores.max()).sum())


def crf(scheme, smoothing, rng):
    head = CRFHead(scheme, LABELS, label_smoothing=smoothing)
    head.build((None, None, 4))
    head.set_weights([rng.normal(scale=2, size=weight.shape) for weight in head.get_weights()])
    return head


def chain(head):
    return [weight.numpy().astype(float) for weight in (head.transitions, head.starts, head.ends)]


def used(path, tags):
    """How often a sequence uses each emission, transition, start and end."""
    usage = [np.zeros((len(path), tags)), np.zeros((tags, tags)), np.zeros(tags), np.zeros(tags)]
    usage[0][range(len(path)), path] = 1
    np.add.at(usage[1], (path[:-1], path[1:]), 1)
    usage[2][path[0]] = usage[3][path[-1]] = 1
    return usage


@pytest.mark.parametrize("padding", [50.0, float("nan")])
@pytest.mark.parametrize("scheme", ["bio", "bios", "bioes"])
def test_a_smoothed_crf_loses_the_cross_entropy_to_a_target_spread_over_all_legal_sequences(
    rng, enumeration, scheme, padding
):
    smoothing, lengths = 0.2, np.array([1, 2, 3, 4, 0])
    head, oracle = crf(scheme, smoothing, rng), enumeration(scheme, LABELS)
    tags = len(head.tagset)
    emissions = rng.normal(scale=2, size=(5, 6, tags)).astype("float32")
    targets = np.full((5, 5), -1, "int32")
    expected, slopes = np.zeros(5), [np.zeros_like(emissions, float), *map(np.zeros_like, chain(head))]
    for row, length in enumerate(lengths):
        emissions[row, [0, *range(length + 1, 6)]] = padding
        if not length:
            continue
        paths = oracle.paths(int(length))
        gold = int(rng.integers(len(paths)))
        targets[row, :length] = paths[gold]
        scores = oracle.weigh(paths, emissions[row, 1 : length + 1].astype(float), *chain(head))
        logs = scores - log_sum_exp(scores)
        target = np.full(len(paths), smoothing / len(paths))
        target[gold] += 1 - smoothing
        expected[row] = -(target * logs).sum()
        for share, path in zip(np.exp(logs) - target, paths, strict=True):
            usage = used(path, tags)
            slopes[0][row, 1 : length + 1] += share * usage[0]
            for slope, each in zip(slopes[1:], usage[1:], strict=True):
                slope += share * each
    given = tf.constant(emissions)
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(tf.constant(targets), given)
        mean = tf.reduce_mean(losses)
    np.testing.assert_allclose(losses, expected * len(lengths) / lengths.sum(), rtol=1e-5)
    found = tape.gradient(mean, [given, head.transitions, head.starts, head.ends])
    for one, slope in zip(found, slopes, strict=True):
        np.testing.assert_allclose(one, slope / lengths.sum(), atol=1e-5)


@pytest.mark.parametrize("scheme", ["bio", "bios", "bioes"])
def test_the_mean_score_of_a_long_text_is_the_slope_of_the_partition_function_where_nothing_is_known(rng, scheme):
    """There every legal sequence is equally likely, and the slope is how often each score is used on average."""
    head = crf(scheme, 0.1, rng)
    emissions = rng.normal(size=(1, 60, len(head.tagset)))
    mask = tf.ones((1, 60), bool)
    found = head.uniform.mean_score(tf.constant(emissions), tf.constant([60]), *map(tf.constant, chain(head)))
    scores = [emissions, *chain(head)]
    flat = [tf.zeros_like(each) for each in scores]
    head.set_weights([np.zeros_like(weight) for weight in head.get_weights()])
    with tf.GradientTape() as tape:
        tape.watch(flat[0])
        total = head.log_partition(flat[0], mask)
    slopes = tape.gradient(total, [flat[0], head.transitions, head.starts, head.ends])
    expected = sum((slope.numpy() * score).sum() for slope, score in zip(slopes, scores, strict=True))
    assert float(found[0]) == pytest.approx(expected, rel=1e-6)


def test_a_crf_without_constraints_and_transitions_is_smoothed_as_a_softmax(rng):
    head, tags = CRFHead("bios", LABELS, label_smoothing=0.3), 7
    head.build((None, None, 4))
    head.uniform.moves = np.ones((tags, tags))
    head.uniform.arriving = head.uniform.leaving = np.full((1, tags), 1 / tags)
    head.tagset = type("Everything", (), {})()
    head.tagset.transition_allowed = np.ones((tags, tags), bool)
    head.tagset.start_allowed = head.tagset.end_allowed = np.ones(tags, bool)
    targets = tf.constant([[0, 3, 1, 2, 5], [4, 6, -1, -1, -1]])
    emissions = tf.constant(rng.normal(size=(2, 6, tags)).astype("float32"))
    same = SoftmaxHead("bios", LABELS, label_smoothing=0.3)
    np.testing.assert_allclose(head.loss(targets, emissions), same.loss(targets, emissions), rtol=1e-5)


def token_loss(logits, right, label_smoothing=0.0, focal=0.0):
    """The loss of one softmax, by its formula."""
    logs = log_softmax(logits.astype(float))
    probabilities = np.exp(logs)
    return -((1 - probabilities[right]) ** focal) * (1 - label_smoothing) * logs[right] - label_smoothing * logs.mean()


COSTS = [
    {"label_smoothing": 0.1},
    {"focal": 2.0},
    {"label_smoothing": 0.2, "focal": 0.5},
    {"dice": 1.0},
    {"dice": 0.4, "focal": 2.0},
]


def dice_loss(logits, classes):
    """The dice loss of the tokens of a window, (tokens, classes), class by class."""
    probabilities = np.array([np.exp(log_softmax(each.astype(float))) for each in logits])
    parts = []
    for number in range(probabilities.shape[1]):
        right = np.array([each == number for each in classes])
        p = probabilities[:, number]
        parts.append(1 - (2 * p[right].sum() + 1) / ((p**2).sum() + right.sum() + 1))
    return np.mean(parts)


def tokens_of(head, row):
    """Where the logits of a window's tokens are, and the number of the right class of each."""
    targets = head.targets(SPANS, LENGTHS, WIDTH - 1)[row]
    if head.kind == "tags":
        return [((i + 1,), targets[i]) for i in range(LENGTHS[row])]
    return [((i + 1, end), targets[2 * i + end]) for i in range(LENGTHS[row]) for end in (0, 1)]


@pytest.mark.parametrize("cost", COSTS, ids=str)
@pytest.mark.parametrize("name", ["softmax", "span"])
def test_classes_of_tokens_cost_what_the_formula_says(rng, name, cost):
    head = HEADS.get(name)(labels=LABELS, **cost, **({"scheme": "bio"} if name == "softmax" else {}))
    outputs = rng.normal(scale=2, size=head.compute_output_shape((2, WIDTH, 4))).astype("float32")
    sums, count, dice = np.zeros(2), 0, cost.get("dice", 0.0)
    entropy = {name: share for name, share in cost.items() if name != "dice"}
    for row in range(2):
        tokens = tokens_of(head, row)
        sums[row] = (1 - dice) * sum(token_loss(outputs[row][place], right, **entropy) for place, right in tokens)
        of_window = dice_loss([outputs[row][place] for place, _ in tokens], [right for _, right in tokens])
        sums[row] += dice * len(tokens) * of_window
        count += len(tokens)
        outputs[row, LENGTHS[row] + 1 :] = np.nan
    outputs[:, 0] = np.nan
    given = tf.constant(outputs)
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(tf.constant(head.targets(SPANS, LENGTHS, WIDTH - 1)), given)
    np.testing.assert_allclose(losses, sums * 2 / count, rtol=1e-5)
    gradient = tape.gradient(losses, given).numpy()
    assert np.isfinite(gradient).all() and not gradient[:, 0].any() and not gradient[1, 4:].any()


def one_label(name, head, outputs, number):
    """The loss of one label alone: of a head that knows no other, from the outputs that are about it."""
    label = head.labels[number]
    alone = HEADS.get(name)(labels=[label], head_size=8)
    spans = [[span for span in window if span.label == label] for window in SPANS]
    if head.kind == "parts of span logits":
        width = outputs.shape[1]
        outputs = outputs[:, :, [*range(width), width + number, width + 2 + number]]
    else:
        outputs = outputs[:, [number]]
    return alone.loss(tf.constant(alone.targets(spans, LENGTHS, WIDTH - 1)), tf.constant(outputs)).numpy()


def tokenwise(head, outputs, weight_of):
    """The losses of windows, each token's times the weight of the label that its right class is of."""
    sums = np.zeros(2)
    for row in range(2):
        for place, right in tokens_of(head, row):
            label = head.tagset.label_numbers[right] if head.kind == "tags" else right - 1
            sums[row] += weight_of(label) * token_loss(outputs[row][place], right)
    return sums * 2 / (LENGTHS.sum() * (1 if head.kind == "tags" else 2))


def pairwise(head, outputs, weight_of):
    sums = np.zeros(2)
    for row, length in enumerate(LENGTHS):
        gold = {}
        for span in SPANS[row]:
            gold.update({(one, one + 1): 1 for one in range(span.start, span.end - 1)})
            gold[span.end - 1, span.start] = 2 + LABELS.index(span.label)
        for i, j in itertools.product(range(length), repeat=2):
            right = gold.get((i, j), 0)
            sums[row] += weight_of(right - 2) * token_loss(outputs[row, i + 1, j + 1], right)
    return sums * 2 / LENGTHS.sum()


WEIGHTS = {"X": 2.5, "Y": 0.5}


@pytest.mark.parametrize("name", [name for name in HEADS.own() if name != "crf"])
def test_what_is_about_a_label_weighs_as_much_as_is_said(rng, name):
    more = {"scheme": "bios"} if name == "softmax" else {} if name == "span" else {"head_size": 8}
    head = HEADS.get(name)(labels=LABELS, label_weights=WEIGHTS, **more)
    shape = head.compute_output_shape((2, 2, WIDTH, 4) if name == "mrc" else (2, WIDTH, 4))
    outputs = rng.normal(size=shape).astype("float32")
    found = head.loss(tf.constant(head.targets(SPANS, LENGTHS, WIDTH - 1)), tf.constant(outputs)).numpy()
    weights = [WEIGHTS[label] for label in LABELS]
    if head.kind in ("tags", "pointers", "relations"):
        by_hand = pairwise if head.kind == "relations" else tokenwise
        expected = by_hand(head, outputs, lambda label: weights[label] if label >= 0 else 1.0)
    else:
        expected = sum(weight * one_label(name, head, outputs, number) for number, weight in enumerate(weights))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_weight_of_a_label_that_is_not_there_is_refused():
    assert label_weights_of(["A", "B"], {"B": 3}).tolist() == [1, 3]
    with pytest.raises(ConfigError, match=r"label_weights: unknown label 'DURG'; did you mean 'DRUG'\?"):
        label_weights_of(["DRUG", "SYMPTOM"], {"DURG": 2.0})


@pytest.mark.parametrize("name", ["crf", "softmax", "span", "w2ner"])
def test_arguments_of_the_loss_are_kept_with_the_layer_and_with_the_model(tiny_config, tmp_path, name):
    arguments = {
        "crf": {"label_smoothing": 0.1},
        "softmax": {"label_smoothing": 0.1, "focal": 1.0, "label_weights": {"X": 2.0}},
        "span": {"focal": 2.0, "label_weights": {"X": 2.0}},
        "w2ner": {"label_weights": {"Y": 2.0}},
    }[name]
    model = NERModel.create(tiny_config(head=name, head_size=8, **arguments), ["X", "Y"])
    model.save(tmp_path / "model")
    loaded = NERModel.load(tmp_path / "model")
    again = type(model.head).from_config(model.head.get_config())
    for head in (model.head, loaded.head, again):
        config = head.get_config()
        assert {option: config[option] for option in arguments} == arguments
