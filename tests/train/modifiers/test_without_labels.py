"""What learns from windows without labels does so under every head, in float32 and in bfloat16, all of it together."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.registry import MODIFIERS
from bert4ner.train.modifiers.correlation import Correlation
from bert4ner.train.modifiers.mean_discrepancy import MeanDiscrepancy
from bert4ner.train.modifiers.mean_teacher import MeanTeacher
from bert4ner.train.step import TrainingStep
from tests.train.modifiers.pairs import HEADS_AND_PRECISIONS
from tests.train.modifiers.test_domains import discrepancy, features_of
from tests.train.modifiers.test_mean_teacher import by_hand
from tests.train.moved_tables import batch_for


def test_modifiers_say_whether_they_do():
    kinds = {name: MODIFIERS.get(name) for name in MODIFIERS.own()}
    assert {name for name, kind in kinds.items() if kind.learns_without_labels} == {
        *("vat", "mean_teacher", "mmd", "coral")
    }
    assert {name for name, kind in kinds.items() if kind.needs_unlabelled} == {"mmd", "coral"}


@pytest.mark.parametrize(("head", "precision"), HEADS_AND_PRECISIONS)
def test_every_head_is_trained_with_them(head, precision, small_network, rng):
    network = small_network(head=head, precision=precision)
    modifiers = {"mean_teacher": MeanTeacher(2.0, ramp=0), "mmd": MeanDiscrepancy(3.0), "coral": Correlation()}
    step, plain, teacher = TrainingStep(network, modifiers), TrainingStep(network), network.get_weights()
    for weight in network.trainable_variables:
        weight.assign_add(rng.normal(scale=0.1, size=weight.shape))
    batch = batch_for(network)._replace(weights=tf.constant([1.0, 0.0]))
    apart, _ = by_hand(network, batch, teacher)
    between = discrepancy(features_of(network, batch), np.array([True, False]))
    assert apart > 0.001 and between > 0.01
    found = float(step.loss(batch).value - plain.loss(batch).value)  # of two windows, coral adds 0
    np.testing.assert_allclose(found, 2 * apart + 3 * between, rtol=1e-3 if precision == "float32" else 0.1)
    before = network.get_weights()
    assert np.isfinite(float(step(tuple(batch))["loss"]))
    after = network.get_weights()
    assert all(np.isfinite(value).all() for value in after)
    assert any((one != other).any() for one, other in zip(before, after, strict=True))
    assert int(modifiers["mean_teacher"].updates) == 1
