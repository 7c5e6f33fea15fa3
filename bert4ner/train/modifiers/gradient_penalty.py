"""A penalty on how steep the loss is at the embeddings: the first order of adversarial training, without a step."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options.fields import Range
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.perturbation import Embeddings
from bert4ner.train.step import Batch, Loss, Modifier


@final
class GradientPenalty(Modifier):
    """Adds weight / 2 times the mean over windows of |g|² to the loss.

    g is the gradient of the window's own mean loss by the vectors of its tokens (that of the batch's loss times the
    number of windows), padding left out, and |g|² the sum of its squares. Its gradient is one of second order, which
    a head of another package may lack. See `bert4ner.train.perturbation.Embeddings` for what counts as the vectors.

    Args:
        weight: of the penalty; 0 or more.

    Raises:
        ConfigError: `weight` is outside its range, or inner values are to be recomputed.

    References:
        Drucker and LeCun 1992, Improving Generalization Performance Using Double Backpropagation; Ross and Doshi-Velez
        2018, Improving the Adversarial Robustness of Deep Neural Networks by Regularizing Their Input Gradients.
    """

    def __init__(self, weight: float = 1.0):
        check_number("gradient_penalty", Range(low=0), weight=weight)
        self.weight = float(weight)

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses what has no gradient of second order."""
        if config.run.recompute:
            raise ConfigError("the modifier gradient_penalty cannot go with recompute, whose gradients have none")

    def build(self, network: Any) -> None:
        """Finds the embeddings."""
        self.embeddings = Embeddings(network, "gradient_penalty")

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss and its penalty."""
        losses: list[Loss] = []

        def value(batch: Batch) -> Any:
            losses.append(compute(batch))
            return losses[-1].value

        _, slopes = self.embeddings.slopes(value, batch)
        windows = tf.cast(tf.shape(batch.inputs[0])[0], "float32")
        penalty = windows * tf.reduce_sum(tf.square(slopes))  # the mean of squares of `windows` times the slopes
        return Loss(losses[0].value + 0.5 * self.weight * penalty, losses[0].outputs)
