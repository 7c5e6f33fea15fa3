"""The innermost part of a step whose head is regularized: its dropout drawn several times, its weights penalized."""

from typing import Any

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import RegularizationConfig
from bert4ner.models.ner_model import NERModel
from bert4ner.train.optimizers import decays
from bert4ner.train.step import Batch, Loss


class Forward:
    """One pass through the network up to its head, several through the head, and the mean of their losses.

    The head drops other features in each of its passes. To the loss l1 * sum |w| + l2 * sum w ** 2 is added, over those
    weights of the head that decay, too: no biases, priors and transitions. Unlike AdamW's decay, which is of all
    kernels and takes a share of each at every step, it is part of the gradient: what the data pull at little shrinks
    first, and l1 leads to weights near 0. The loss that Keras reports is without it.

    Args:
        network: of `build_model`, compiled.
        options: `dropout_samples`, `head_l1` and `head_l2`.

    References:
        Inoue 2019, Multi-Sample Dropout for Accelerated Training and Better Generalization; Loshchilov and Hutter 2019,
        Decoupled Weight Decay Regularization (why a penalty in the loss is another thing with Adam).
    """

    def __init__(self, network: Any, options: RegularizationConfig):
        self.network, self.options = network, options
        self.head = NERModel.of(network).head
        self.below = keras.Model(network.inputs, self.head.input)
        self.penalized = [weight for weight in self.head.trainable_variables if decays(weight)]

    def __call__(self, batch: Batch) -> Loss:
        """The loss of a batch, and the outputs of the head's first pass."""
        features = self.below(batch.inputs, training=True)
        outputs = [self.head(features, training=True) for _ in range(self.options.dropout_samples)]
        losses = [
            self.network.compute_loss(batch.inputs, batch.targets, given, batch.weights)  # noted by Keras, too
            for given in outputs
        ]
        return Loss(tf.add_n(losses) / len(losses) + self._penalty(), outputs[0])

    def _penalty(self) -> Any:
        total = 0.0
        for weight in self.penalized:
            if self.options.head_l1:
                total += self.options.head_l1 * tf.reduce_sum(tf.abs(weight))
            if self.options.head_l2:
                total += self.options.head_l2 * tf.reduce_sum(weight**2)
        return total


def regularized(network: Any, options: RegularizationConfig) -> Forward | None:
    """What takes the place of a plain forward pass where the head is regularized; None where nothing does."""
    asked = options.dropout_samples > 1 or options.head_l1 or options.head_l2
    return Forward(network, options) if asked else None
