"""The softmax head: cross entropy over real tokens, decoding by all legal sequences one by one."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.models.heads.crf import CRFHead
from bert4ner.models.heads.softmax import SoftmaxHead

SCHEMES = ["bio", "bios", "bioes"]
LABELS = ["X", "Y"]


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def make_head(scheme):
    head = SoftmaxHead(scheme, LABELS)
    head.build((None, None, 4))
    return head


def test_the_head_passes_the_layer_examination(check_layer, rng, precision):
    targets = np.array([[0, 3, 1, 2, 0, -1], [0, 0, 6, -1, -1, -1]], "int32")
    arguments = {"scheme": "bios", "labels": LABELS, "dropout": 0.0}
    check_layer(SoftmaxHead, arguments, [rng.normal(size=(2, 7, 4)).astype("float32")], precision, targets)


def loss_and_gradient(head, targets, emissions):
    emissions = tf.constant(emissions)
    with tf.GradientTape() as tape:
        tape.watch(emissions)
        losses = head.loss(tf.constant(targets), emissions)
        mean = tf.reduce_mean(losses)
    return losses.numpy(), tape.gradient(mean, emissions).numpy()


def test_the_loss_is_the_cross_entropy_per_token(rng):
    targets = np.array([[0, 3, 1, 2, -1], [6, -1, -1, -1, -1], [-1] * 5], "int32")
    emissions = rng.normal(size=(3, 6, 7)).astype("float32")  # [CLS] first
    losses, gradient = loss_and_gradient(make_head("bios"), targets, emissions)
    assert not gradient[:, 0].any()
    emissions, gradient = emissions[:, 1:], gradient[:, 1:]
    probabilities = log_softmax(emissions.astype(float))
    rows, places = np.nonzero(targets >= 0)
    assert losses.mean() == pytest.approx(-probabilities[rows, places, targets[rows, places]].mean(), rel=1e-5)
    expected = np.exp(probabilities) - np.eye(7)[targets]
    np.testing.assert_allclose(gradient, np.where(targets[..., None] >= 0, expected, 0) / len(rows), atol=1e-6)


@pytest.mark.parametrize("garbage", [77.0, 1e30, float("nan"), float("inf")])
def test_padding_changes_neither_loss_nor_gradient(rng, garbage):
    targets = np.array([[0, 3, -1], [6, -1, -1]], "int32")
    emissions = rng.normal(size=(2, 4, 7)).astype("float32")
    losses, gradient = loss_and_gradient(make_head("bios"), targets, emissions)
    padded_targets = np.pad(targets, ((0, 0), (0, 3)), constant_values=-1)
    outside = np.pad(padded_targets, ((0, 0), (1, 0)), constant_values=-1) < 0  # [CLS], too
    padded = np.pad(emissions, ((0, 0), (0, 3), (0, 0)))
    padded[outside] = garbage
    found, found_gradient = loss_and_gradient(make_head("bios"), padded_targets, padded)
    np.testing.assert_allclose(found, losses, atol=1e-6)
    np.testing.assert_allclose(found_gradient[:, :4], gradient, atol=1e-6)
    assert not found_gradient[outside].any()


@pytest.mark.parametrize("scale", [2, 1000], ids=lambda scale: f"+-{scale}")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_decoding_finds_the_likeliest_legal_sequence_with_its_marginals(rng, enumeration, scheme, scale):
    head, oracle = make_head(scheme), enumeration(scheme, LABELS)
    tags = len(head.tagset)
    lengths = np.array([4, 3, 2, 1, 0])
    outputs = rng.uniform(-scale, scale, size=(5, 7, tags)).astype("float32")
    found = head.decode(outputs, lengths)
    for row, length in enumerate(lengths):
        if not length:
            assert found[row] == []
            continue
        paths = oracle.paths(int(length))
        given = log_softmax(outputs[row, :length].astype(float))
        scores = oracle.weigh(paths, given, np.zeros((tags, tags)), np.zeros(tags), np.zeros(tags))
        probabilities = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
        assert [span.place[:3] for span in found[row]] == oracle.spans(paths[int(scores.argmax())])
        for span in found[row]:
            marginal = sum(
                probability
                for probability, path in zip(probabilities, paths, strict=True)
                if span.place[:3] in oracle.spans(path)
            )
            assert span.score == pytest.approx(marginal, abs=1e-4)


def test_scores_are_log_probabilities(rng):
    outputs = rng.uniform(-1000, 1000, size=(2, 5, 7)).astype("float32")
    found = make_head("bios").scores(outputs)
    np.testing.assert_allclose(found, log_softmax(outputs.astype(float)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cls", [CRFHead, SoftmaxHead])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_head_ever_decodes_an_illegal_sequence(rng, enumeration, scheme, cls):
    head, oracle = cls(scheme, LABELS), enumeration(scheme, LABELS)
    head.build((None, None, 4))
    head.set_weights([rng.normal(scale=9, size=weight.shape) for weight in head.get_weights()])
    lengths = rng.integers(1, 30, size=200)
    outputs = rng.normal(scale=rng.choice([0, 1, 100], size=(200, 1, 1)), size=(200, 30, len(head.tagset)))
    paths = head.decoder().decode_batch(head.scores(outputs.astype("float32")), lengths)
    assert all(len(path) == length for path, length in zip(paths, lengths, strict=True))
    assert all(oracle.is_legal(path) for path in paths)
