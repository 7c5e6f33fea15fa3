"""A penalty on how steep the loss is at the embeddings: the first order of adversarial training, without a step."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.train.perturbation import Embeddings, check_size
from bert4ner.train.step import Batch, Loss, Modifier


@final
class GradientPenalty(Modifier):
    """Adds weight / 2 times the mean over windows of |g|² to the loss.

    g is the gradient of the window's own mean loss by the vectors of its tokens (that of the batch's loss times the
    number of windows), padding left out, and |g|² the sum of its squares. A step takes up to three times as long. See
    `bert4ner.train.perturbation.Embeddings` for what counts as the vectors of a window.

    Args:
        weight: of the penalty; 0 or more.

    Raises:
        ConfigError: `weight` is outside its range.

    References:
        Drucker and LeCun 1992, Improving Generalization Performance Using Double Backpropagation; Ross and Doshi-Velez
        2018, Improving the Adversarial Robustness of Deep Neural Networks by Regularizing Their Input Gradients.
    """

    def __init__(self, weight: float = 1.0):
        check_size("gradient_penalty", weight=weight)
        self.weight = float(weight)

    def build(self, network: Any) -> None:
        """Finds the embeddings."""
        self.embeddings = Embeddings(network, "gradient_penalty")

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss and its penalty."""
        loss, slopes = self.embeddings.slopes(compute, batch)
        windows = tf.cast(tf.shape(batch.inputs[0])[0], "float32")
        penalty = windows * tf.reduce_sum(tf.square(slopes))  # the mean of squares of `windows` times the slopes
        return Loss(loss.value + 0.5 * self.weight * penalty, loss.outputs)
