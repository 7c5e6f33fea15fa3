"""The CRF head against all tag sequences one by one, against differences, and against bert4keras' own CRF."""

from types import SimpleNamespace

import numpy as np
import pytest
from bert4keras.layers import ConditionalRandomField

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.heads.crf import CRFHead
from bert4ner.models.precision import policy
from bert4ner.text.token_spans import TokenSpan

SCHEMES = ["bio", "bios", "bioes"]
LABELS = ["X", "Y"]
NAN = float("nan")


def make_head(scheme="bios", labels=LABELS, rng=None, width=4):
    """A head whose every weight is random, those of forbidden transitions included."""
    head = CRFHead(scheme, labels)
    head.build((None, None, width))
    if rng is not None:
        head.set_weights([rng.normal(scale=2, size=weight.shape) for weight in head.get_weights()])
    return head


def weights_of(head):
    return [weight.numpy().astype(float) for weight in (head.transitions, head.starts, head.ends)]


def log_sum_exp(scores):
    return scores.max() + np.log(np.exp(scores - scores.max()).sum())


def ragged(rng, head, lengths, scale=2.0, padding=NAN):
    """Emissions (batch, length, tags) with `padding` beyond each length, and their mask (batch, length)."""
    mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
    emissions = rng.uniform(-scale, scale, size=(len(lengths), max(lengths), len(head.tagset))).astype("float32")
    return np.where(mask[:, :, None], emissions, np.float32(padding)), mask


@pytest.mark.parametrize("scale", [2, 50, 1000], ids=lambda scale: f"+-{scale}")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_partition_function_sums_all_legal_sequences(rng, enumeration, scheme, scale):
    head, oracle = make_head(scheme, rng=rng), enumeration(scheme, LABELS)
    lengths = [1, 2, 3, 4, 4, 3, 2, 1]
    emissions, mask = ragged(rng, head, lengths, scale)
    found = head.log_partition(tf.constant(emissions), tf.constant(mask)).numpy()
    for row, length in enumerate(lengths):
        scores = oracle.weigh(oracle.paths(length), emissions[row].astype(float), *weights_of(head))
        assert found[row] == pytest.approx(log_sum_exp(scores), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("shift", [-1000, 1000])
def test_a_constant_added_to_all_emissions_is_added_to_the_partition_function(rng, shift):
    head = make_head(rng=rng)
    emissions, mask = ragged(rng, head, [5, 5])
    plain, shifted = (
        head.log_partition(tf.constant(given.astype(float)), tf.constant(mask)).numpy()
        for given in (emissions, emissions + shift)
    )
    np.testing.assert_allclose(shifted, plain + 5 * shift, atol=1e-6)


def test_an_unlikely_beginning_still_leads_to_the_only_likely_end():
    """B-X is 2000 behind O at the first token, and I-X 2000 ahead of all else at the second."""
    head = make_head(labels=["X"])
    b, i = head.tagset.ids["B-X"], head.tagset.ids["I-X"]
    emissions = np.full((1, 2, 4), -1000.0)
    emissions[0, 0, 0] = emissions[0, 1, i] = 1000
    found = head.log_partition(tf.constant(emissions), tf.constant([[True, True]])).numpy()
    assert found[0] == pytest.approx(np.log(3))  # O O, O S and B I weigh 1 each, others nothing
    likelihood = head.log_likelihood(tf.constant(emissions), tf.constant([[b, i]]), tf.constant([[True, True]]))
    assert likelihood.numpy()[0] == pytest.approx(-np.log(3))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_path_scores_its_emissions_and_transitions(rng, enumeration, scheme):
    head, oracle = make_head(scheme, rng=rng), enumeration(scheme, LABELS)
    for length in (1, 2, 3):
        emissions, mask = ragged(rng, head, [length], padding=0)
        paths = oracle.paths(length)
        repeated, masks = np.repeat(emissions, len(paths), axis=0), np.repeat(mask, len(paths), axis=0)
        found = head.path_score(tf.constant(repeated), tf.constant(paths), tf.constant(masks)).numpy()
        np.testing.assert_allclose(found, oracle.weigh(paths, emissions[0].astype(float), *weights_of(head)), atol=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_legal_sequences_have_all_the_probability(rng, enumeration, scheme):
    head, oracle = make_head(scheme, rng=rng), enumeration(scheme, LABELS)
    for length in (1, 2, 3):
        emissions, mask = ragged(rng, head, [length])
        likelihoods = []
        for legal in (True, False):
            paths = np.array(oracle.paths(length, legal))
            given = [np.repeat(array, len(paths), axis=0) for array in (emissions, mask)]
            likelihoods.append(head.log_likelihood(tf.constant(given[0]), tf.constant(paths), tf.constant(given[1])))
        assert np.exp(likelihoods[0].numpy().astype(float)).sum() == pytest.approx(1, abs=1e-5)
        assert np.isneginf(likelihoods[1].numpy()).all()


def gold(rng, oracle, lengths):
    """A legal tag sequence for each length, -1 beyond it, int32 (batch, length)."""
    tags = np.full((len(lengths), max(lengths)), -1, "int32")
    for row, length in enumerate(lengths):
        if length:
            tags[row, :length] = oracle.paths(length)[rng.integers(len(oracle.paths(length)))]
    return tags


def with_gradients(head, emissions, targets, *, weights=()):
    """The losses, and the gradients of their mean for the emissions and some weights."""
    emissions = tf.constant(emissions)
    with tf.GradientTape() as tape:
        tape.watch(emissions)
        losses = head.loss(tf.constant(targets), emissions)
        mean = tf.reduce_mean(losses)
    gradients = tape.gradient(mean, [emissions, *weights])
    return losses.numpy(), [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize("garbage", [0.0, 77.0, 1e30, NAN, float("inf")])
@pytest.mark.parametrize("more", [0, 1, 9])
def test_padding_changes_neither_loss_nor_gradient(rng, enumeration, garbage, more):
    head, oracle, lengths = make_head(rng=rng), enumeration("bios", LABELS), [4, 1, 3, 0]
    targets = np.pad(gold(rng, oracle, lengths), ((0, 0), (0, 1)), constant_values=-1)  # [SEP]
    outside = np.pad(targets, ((0, 0), (1, 0)), constant_values=-1) < 0  # [CLS], too
    emissions = rng.normal(size=(4, 6, len(head.tagset))).astype("float32")
    weights = [head.transitions, head.starts, head.ends]
    losses, gradients = with_gradients(head, np.where(outside[..., None], 0, emissions), targets, weights=weights)
    padded_targets = np.pad(targets, ((0, 0), (0, more)), constant_values=-1)
    outside = np.pad(outside, ((0, 0), (0, more)), constant_values=True)
    padded = np.pad(emissions, ((0, 0), (0, more), (0, 0)))
    padded[outside] = garbage
    found, found_gradients = with_gradients(head, padded, padded_targets, weights=weights)
    np.testing.assert_allclose(found, losses, atol=1e-6)
    np.testing.assert_allclose(found_gradients[0][:, :6], gradients[0], atol=1e-6)
    assert not found_gradients[0][outside].any() and losses[3] == 0
    for one, other in zip(found_gradients[1:], gradients[1:], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def expected_gradient(oracle, head, emissions, path):
    """d(-log p)/d(emissions, transitions, starts, ends): how often each is used on average, less how often here."""
    paths = oracle.paths(len(path))
    scores = oracle.weigh(paths, emissions, *weights_of(head))
    probabilities = np.exp(scores - log_sum_exp(scores))
    tags = len(oracle.tags)
    usage = [np.zeros((len(path), tags)), np.zeros((tags, tags)), np.zeros(tags), np.zeros(tags)]
    for probability, taken in [*zip(probabilities, paths, strict=True), (-1.0, path)]:
        np.add.at(usage[0], (range(len(path)), taken), probability)
        np.add.at(usage[1], (taken[:-1], taken[1:]), probability)
        usage[2][taken[0]] += probability
        usage[3][taken[-1]] += probability
    return usage


@pytest.mark.parametrize("scale", [2, 50, 1000], ids=lambda scale: f"+-{scale}")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_gradient_is_the_difference_of_expected_and_actual_use(rng, enumeration, scheme, scale):
    head, oracle = make_head(scheme, rng=rng), enumeration(scheme, LABELS)
    weights = [head.transitions, head.starts, head.ends]
    for length in (1, 2, 4):
        emissions, _ = ragged(rng, head, [length], scale)
        path = gold(rng, oracle, [length])
        given = np.pad(emissions, ((0, 0), (1, 1), (0, 0)))
        targets = np.pad(path, ((0, 0), (0, 1)), constant_values=-1)
        _, found = with_gradients(head, given, targets, weights=weights)
        expected = expected_gradient(oracle, head, emissions[0].astype(float), path[0])
        for one, other in zip([found[0][0, 1:-1], *found[1:]], expected, strict=True):
            np.testing.assert_allclose(one, other / length, atol=1e-5)  # the loss is per token


def test_the_gradient_agrees_with_finite_differences(rng, enumeration):
    head, oracle, lengths = make_head("bioes", rng=rng), enumeration("bioes", LABELS), [3, 1, 4]
    tags, mask = tf.constant(gold(rng, oracle, lengths)), tf.constant(np.arange(4) < np.array(lengths)[:, None])
    emissions = rng.normal(size=(3, 4, len(head.tagset)))

    def value(given):
        return tf.reduce_sum(head.log_partition(given, mask) - head.path_score(given, tags, mask))

    given = tf.constant(emissions)
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = value(given)
    gradient = tape.gradient(loss, given).numpy()
    for place in map(tuple, rng.integers(0, emissions.shape, size=(12, 3))):
        moved = [emissions.copy(), emissions.copy()]
        moved[0][place] -= 1e-5
        moved[1][place] += 1e-5
        low, high = (float(value(tf.constant(array))) for array in moved)
        assert (high - low) / 2e-5 == pytest.approx(gradient[place], abs=1e-7)


@pytest.mark.parametrize("lengths", [[6, 6, 6], [6, 3, 1]], ids=["full", "padded"])
def test_without_constraints_the_loss_is_that_of_bert4keras(rng, monkeypatch, lengths):
    head = make_head("bio", rng=rng)
    tags = len(head.tagset)
    everything = SimpleNamespace(
        transition_allowed=np.ones((tags, tags), bool),
        start_allowed=np.ones(tags, bool),
        end_allowed=np.ones(tags, bool),
    )
    monkeypatch.setattr(head, "tagset", everything)
    head.starts.assign(np.zeros(tags))
    head.ends.assign(np.zeros(tags))
    witness = ConditionalRandomField()
    witness.build((None, None, tags))
    witness.set_weights([head.transitions.numpy()])
    mask = np.arange(6) < np.array(lengths)[:, None]
    emissions = rng.normal(size=(3, 6, tags)).astype("float32")
    paths = rng.integers(0, tags, size=(3, 6))
    ours = -head.log_likelihood(tf.constant(emissions), tf.constant(paths), tf.constant(mask)).numpy()
    theirs = tf.function(witness.sparse_loss)(tf.constant(paths), witness(emissions, mask=tf.constant(mask))).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_head_passes_the_layer_examination(check_layer, rng, enumeration, scheme, precision):
    targets = np.pad(gold(rng, enumeration(scheme, LABELS), [5, 3]), ((0, 0), (0, 1)), constant_values=-1)
    arguments = {"scheme": scheme, "labels": LABELS, "dropout": 0.0}
    check_layer(CRFHead, arguments, [rng.normal(size=(2, 7, 4)).astype("float32")], precision, targets)


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_emissions_and_loss_are_float32_under_every_policy(rng, name):
    with policy(name):
        features = keras.Input((None, 4))
        network = keras.Model(features, CRFHead("bios", LABELS)(features))
    given = rng.normal(size=(2, 5, 4)).astype("float32")
    emissions = network(given)
    kernel, bias = network.layers[-1].projection.get_weights()
    np.testing.assert_allclose(emissions, given @ kernel + bias, atol=1e-5)  # nothing was rounded to 16 bits
    targets = tf.constant([[0, 1, 2, -1]] * 2)
    assert network.output.dtype == emissions.dtype == network.layers[-1].loss(targets, emissions).dtype == tf.float32


def test_what_keras_trains_on_is_the_mean_per_token(rng, enumeration):
    head, oracle, lengths = CRFHead("bios", LABELS), enumeration("bios", LABELS), [4, 1, 0, 3]
    features = keras.Input((None, 4))
    network = keras.Model(features, head(features))
    head.set_weights([rng.normal(size=weight.shape) for weight in head.get_weights()])
    network.compile(optimizer="sgd", loss=head.loss)
    given = rng.normal(size=(4, 7, 4)).astype("float32")
    targets = np.pad(gold(rng, oracle, lengths), ((0, 0), (0, 2)), constant_values=-1)
    emissions = network(given).numpy().astype(float)
    total = 0.0
    for row, length in enumerate(lengths):
        if length:
            inner = emissions[row, 1 : length + 1]
            scores = oracle.weigh(oracle.paths(length), inner, *weights_of(head))
            (score,) = oracle.weigh([tuple(targets[row, :length])], inner, *weights_of(head))
            total += log_sum_exp(scores) - score
    assert network.train_on_batch(given, targets) == pytest.approx(total / sum(lengths), rel=1e-5)


@pytest.mark.parametrize("scale", [2, 1000], ids=lambda scale: f"+-{scale}")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_decoding_finds_the_best_sequence_with_its_marginals(rng, enumeration, scheme, scale):
    head, oracle = make_head(scheme, rng=rng), enumeration(scheme, LABELS)
    lengths = np.array([4, 3, 2, 1, 0])
    outputs = rng.uniform(-scale, scale, size=(5, 7, len(head.tagset))).astype("float32")
    found = head.decode(outputs, lengths)
    for row, length in enumerate(lengths):
        if not length:
            assert found[row] == []
            continue
        paths = oracle.paths(int(length))
        scores = oracle.weigh(paths, outputs[row, :length].astype(float), *weights_of(head))
        probabilities = np.exp(scores - log_sum_exp(scores))
        assert [span.place[:3] for span in found[row]] == oracle.spans(paths[int(scores.argmax())])
        for span in found[row]:
            marginal = sum(
                probability
                for probability, path in zip(probabilities, paths, strict=True)
                if span.place[:3] in oracle.spans(path)
            )
            assert span.score == pytest.approx(marginal, abs=1e-5)


def test_targets_number_the_tags_of_the_text():
    head = make_head("bios", ["X"])
    spans = [
        [TokenSpan(0, 1, "X"), TokenSpan(2, 4, "X")],
        [TokenSpan(0, 3, "X"), TokenSpan(1, 2, "X"), TokenSpan(0, 3, "X", None, ((0, 1), (2, 3)))],
        [],
    ]
    ids = head.tagset.ids
    b, i, s = ids["B-X"], ids["I-X"], ids["S-X"]
    targets = head.targets(spans, np.array([4, 3, 0]), 6)
    assert targets.tolist() == [[s, 0, b, i, -1, -1], [b, i, i, -1, -1, -1], [-1] * 6]
    assert targets.dtype == np.int32
