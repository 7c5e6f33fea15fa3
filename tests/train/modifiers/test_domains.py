"""Windows with and without labels are to look alike: MMD and CORAL against their definitions."""

import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.runs.pseudo_labels import as_unlabelled
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit
from bert4ner.train.forward import regularized
from bert4ner.train.modifiers.correlation import Correlation
from bert4ner.train.modifiers.fast_gradient import FastGradient
from bert4ner.train.modifiers.gradient_penalty import GradientPenalty
from bert4ner.train.modifiers.mean_discrepancy import MeanDiscrepancy
from bert4ner.train.modifiers.r_drop import RDrop
from bert4ner.train.step import TrainingStep
from tests.train.modifiers.resuming import LABELS
from tests.train.moved_tables import batch_for, dense

KINDS = {"mmd": MeanDiscrepancy, "coral": Correlation}
LENGTHS = [7, 4]  # tokens of text in the windows of `batch_for`


def discrepancy(features, labelled):
    """The squared MMD, pair by pair."""
    median = np.median([((x - y) ** 2).sum() for x, y in itertools.combinations(features, 2)])

    def kernel(x, y):
        return np.mean([np.exp(-((x - y) ** 2).sum() / (f * median)) for f in (0.25, 0.5, 1, 2, 4)])

    def mean(some, others):
        return np.mean([kernel(x, y) for x in some for y in others])

    one, other = features[labelled], features[~labelled]
    return mean(one, one) + mean(other, other) - 2 * mean(one, other)


def correlation(features, labelled):
    apart = np.cov(features[labelled], rowvar=False) - np.cov(features[~labelled], rowvar=False)
    return (apart**2).sum() / (4 * features.shape[1] ** 2)


@pytest.mark.parametrize(("kind", "expected"), [(MeanDiscrepancy(), discrepancy), (Correlation(), correlation)])
@pytest.mark.parametrize("number", [4, 5, 12])  # odd and even numbers of pairs
def test_distances_are_those_of_the_definition(kind, expected, number, rng):
    features = rng.normal(size=(number, 6)) + 30  # far from 0, where digits could be lost
    labelled = np.arange(number) % 2 == 0
    features[labelled] = features[labelled] * 2 + 1
    found = float(kind.distance(tf.constant(features, "float32"), tf.constant(labelled)))
    assert found > 0.01
    np.testing.assert_allclose(found, expected(features, labelled), rtol=1e-4)
    twice = np.concatenate([features, features])  # the same windows of both kinds
    assert abs(float(kind.distance(tf.constant(twice, "float32"), tf.range(2 * number) < number))) < 1e-6


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("labelled", [[True] * 4, [False] * 4, [True], [False]])
def test_where_a_kind_of_windows_lacks_nothing_is_added_and_the_gradient_is_nothing(kind, labelled, rng):
    features = tf.Variable(rng.normal(size=(len(labelled), 6)).astype("float32"))
    with tf.GradientTape() as tape:
        distance = kind().distance(tf.identity(features), tf.constant(labelled))
    assert float(distance) == 0
    assert not tape.gradient(distance, features).numpy().any()


def test_a_single_window_has_no_covariance_and_windows_that_are_all_the_same_are_no_distance_apart(rng):
    one = tf.constant(rng.normal(size=(3, 6)).astype("float32"))
    assert float(Correlation().distance(one, tf.constant([True, False, False]))) == 0
    assert float(MeanDiscrepancy().distance(one, tf.constant([True, False, False]))) > 0
    assert float(MeanDiscrepancy().distance(tf.ones((3, 6)), tf.constant([True, False, False]))) == 0


def features_of(network, batch, lengths=LENGTHS):
    """What the head is given, the mean over the text of each window and over its queries, in loops."""
    given = keras.Model(network.inputs, NERModel.of(network).head.input)(batch.inputs, training=True)
    given = np.asarray(tf.cast(given, "float32"))
    given = given if given.ndim == 4 else given[:, None]  # (batch, queries, length, width)
    pairs = zip(given, lengths, strict=True)
    return np.array([np.mean([row[1 : 1 + n].mean(axis=0) for row in rows], axis=0) for rows, n in pairs])


@pytest.mark.parametrize("kind", KINDS.values())
def test_with_weight_0_and_without_unlabelled_windows_the_gradient_is_the_plain_one_to_the_last_bit(
    kind, small_network
):
    network = small_network()
    plain, batch = TrainingStep(network), batch_for(network)
    for modifier, weights in ((kind(weight=0), [1.0, 0.0]), (kind(), [1.0, 2.0]), (kind(), None)):
        given = batch._replace(weights=None if weights is None else tf.constant(weights))
        expected, found = dense(plain.gradients(given)), dense(TrainingStep(network, {"x": modifier}).gradients(given))
        assert all(np.array_equal(found[name], value) for name, value in expected.items())


def test_the_gradient_of_the_discrepancy_brings_both_kinds_together(small_network):
    network = small_network()
    batch = batch_for(network)._replace(weights=tf.constant([1.0, 0.0]))
    network.optimizer.learning_rate = 0.05
    step, apart = TrainingStep(network, {"mmd": MeanDiscrepancy(weight=20)}), []
    for _ in range(6):
        apart.append(np.linalg.norm(np.subtract(*features_of(network, batch))))
        step(tuple(batch))
    assert apart[-1] < 0.8 * apart[0]


def test_the_covariances_are_those_of_what_the_head_is_given(small_network):
    network = small_network()
    batch = batch_for(network)
    ids = tf.concat([batch.inputs[0], batch.inputs[0][:, ::-1]], 0)[:, :9]
    ids = tf.concat([ids[:3], [[51, 53, 52, 55, 0, 0, 0, 0, 0]]], 0)  # four windows, padding behind the text
    batch = batch._replace(inputs=[ids, tf.zeros_like(ids)], targets=tf.tile(batch.targets, [2, 1]))
    batch = batch._replace(weights=tf.constant([1.0, 0.0, 0.5, 0.0]))
    expected = correlation(features_of(network, batch, [7, 4, 7, 2]), np.array([True, False, True, False]))
    both = TrainingStep(network, {"coral": Correlation(weight=900)}).loss(batch).value
    assert expected > 1e-4
    np.testing.assert_allclose(float(both - TrainingStep(network).loss(batch).value), 900 * expected, rtol=1e-2)


def test_beside_others_it_is_of_the_first_pass(small_network):
    network = small_network(head_l2=0.01)
    batch = batch_for(network)._replace(weights=tf.constant([1.0, 0.0]))
    forward = regularized(network, NERModel.of(network).config.regularization)
    apart = 2 * discrepancy(features_of(network, batch), np.array([True, False]))
    for others in ({}, {"r_drop": RDrop()}):
        both = TrainingStep(network, {"mmd": MeanDiscrepancy(weight=2), **others}, forward).loss(batch).value
        alone = TrainingStep(network, others, forward).loss(batch).value
        np.testing.assert_allclose(float(both - alone), apart, rtol=1e-2)
    around = TrainingStep(network, {"fgm": FastGradient(), "penalty": GradientPenalty(), "mmd": MeanDiscrepancy()})
    found = tf.function(around.gradients)(batch)  # a second gradient, in a graph
    assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient, _ in found.pairs)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("weight", [-1, float("nan"), "much"])
def test_a_weight_outside_its_range_is_refused(name, weight):
    with pytest.raises(ConfigError, match=f"weight of the modifier {name} must be a number, at least 0, got"):
        KINDS[name](weight)


def test_a_training_takes_notice_of_documents_without_labels(eagerly, documents, tiny_config, tmp_path):
    def trained(modifiers):
        config = tiny_config(head="softmax", batch_tokens=256, epochs=1, modifiers=modifiers, lexicon="train")
        unlabelled = [each.document for each in as_unlabelled(documents[10:18])]
        folder = tmp_path / str(len(modifiers))
        (line,) = fit(Fold(documents[:10], documents[18:], LABELS, unlabelled), config, folder=folder)
        return line["loss"], NERModel.load(folder / "model").weights()

    loss, weights = trained("mmd:weight=5,coral:weight=5")
    plain, others = trained("")
    assert loss > 0 and plain > 0
    changed = [name for name, value in weights.items() if not np.array_equal(value, others[name])]
    assert len(changed) > len(weights) / 2
