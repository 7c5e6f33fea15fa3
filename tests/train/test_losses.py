"""Options of the loss: they reach the training, and a head that ignores one refuses it by name."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.crossval import train_model
from bert4ner.train.losses import check_losses
from bert4ner.train.step import Batch, step_of

LABELS = ["DRUG", "PERSON", "SYMPTOM"]
OPTIONS = {
    "label_smoothing": (0.1, {"softmax", "span", "crf"}),
    "focal": (2.0, {"softmax", "span"}),
    "label_weights": ({"DRUG": 2.0}, set(HEADS.own()) - {"crf"}),
}
"""A value of each option, and the heads that take notice of it."""


@pytest.mark.parametrize("name", HEADS.own())
@pytest.mark.parametrize("option", OPTIONS)
def test_a_head_takes_notice_of_an_option_or_refuses_it(tiny_config, option, name):
    value, heads = OPTIONS[option]
    config = tiny_config(head=name, **{option: value})
    if name in heads:
        check_losses(config, LABELS)
        return
    with pytest.raises(ConfigError, match=rf"^{option}=.* does nothing with the head '{name}', only with: ") as refusal:
        check_losses(config, LABELS)
    assert set(str(refusal.value).partition("only with: ")[2].split(", ")) == heads


def test_a_refusal_comes_before_anything_is_made(documents, tiny_config, tmp_path):
    for options, message in (
        ({"focal": 2.0}, "focal=2.0 does nothing with the head 'crf'"),
        ({"head": "softmax", "label_weights": {"DURG": 2.0}}, "unknown label 'DURG'; did you mean 'DRUG'"),
    ):
        with pytest.raises(ConfigError, match=message):
            train_model(documents, tiny_config(**options), output=tmp_path / "run")
        with pytest.raises(ConfigError, match=message):
            compile_for_training(NERModel.create(tiny_config(**options), LABELS).network, 10)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("crf", {"label_smoothing": 0.1}),
        ("softmax", {"label_smoothing": 0.1}),
        ("softmax", {"focal": 2.0, "label_weights": {"DRUG": 2.0}}),
        ("span", {"focal": 2.0}),
        ("biaffine", {"label_weights": {"DRUG": 2.0}}),
    ],
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_a_configuration_says_of_the_loss_is_trained_on(tiny_config, documents, name, options, precision):
    values = []
    for given in ({}, options):
        config = tiny_config(
            head=name, head_size=8, precision=precision, head_dropout=0.0, encoder_dropout=0.0, **given
        )
        model = NERModel.create(config, LABELS)
        compile_for_training(model.network, 10)
        inputs, targets = TrainingBatches(documents, model).batch(np.arange(4))
        batch = Batch([tf.constant(part) for part in inputs], tf.constant(targets))
        step = step_of(model.network)
        loss = step.loss(batch)
        own = {option: value for option, value in model.head.get_config().items() if option != "name"}
        expected = type(model.head).from_config({**own, **options})
        expected.build(model.head.input_shape)
        expected.set_weights(model.head.get_weights())
        values.append((float(loss.value), float(tf.reduce_mean(expected.loss(targets, loss.outputs)))))
        step.update(step.gradients(batch).pairs)
        assert all(np.isfinite(weight).all() for weight in model.network.get_weights())
    assert values[1][0] == pytest.approx(values[1][1], rel=1e-5) != pytest.approx(values[0][0], rel=1e-4)
