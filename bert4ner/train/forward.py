"""The forward pass of a step with a regularized head: several dropout samples and a weight penalty."""

from typing import Any

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import RegularizationConfig
from bert4ner.models.ner_model import NERModel
from bert4ner.train.optimizers import decays
from bert4ner.train.step import Batch, Loss


class Forward:
    """One pass through the network below the head, several passes through the head, and the mean of their losses.

    Each pass through the head drops different features. The loss adds l1 * sum |w| + l2 * sum w ** 2 over the decaying
    weights of the head, so without biases, priors and transitions. AdamW's decay shrinks all kernels by a share at
    every step. This penalty is part of the gradient instead, so it mostly shrinks weights with little influence on the
    loss, and l1 drives them near 0. The loss that Keras reports excludes it.

    Args:
        network: a compiled network of `build_model`.
        options: `dropout_samples`, `head_l1` and `head_l2`.

    References:
        Inoue 2019, Multi-Sample Dropout for Accelerated Training and Better Generalization; Loshchilov and Hutter 2019,
        Decoupled Weight Decay Regularization (why a penalty in the loss differs from decay with Adam).
    """

    def __init__(self, network: Any, options: RegularizationConfig):
        self.network, self.options = network, options
        self.head = NERModel.of(network).head
        self.below = keras.Model(network.inputs, self.head.input)
        self.penalized = [weight for weight in self.head.trainable_variables if decays(weight)]

    def __call__(self, batch: Batch) -> Loss:
        """The loss of a batch and the outputs of the head's first pass."""
        features = self.below(batch.inputs, training=True)
        outputs = [self.head(features, training=True) for _ in range(self.options.dropout_samples)]
        losses = [
            self.network.compute_loss(batch.inputs, batch.targets, given, batch.weights)  # Keras records it, too
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
    """The replacement of the plain forward pass if the head is regularized; else None."""
    asked = options.dropout_samples > 1 or options.head_l1 or options.head_l2
    return Forward(network, options) if asked else None
