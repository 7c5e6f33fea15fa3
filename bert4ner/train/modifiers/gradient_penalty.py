"""A penalty on the gradient of the loss with respect to the embeddings: the first order of adversarial training."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options import Range
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.perturbation import Embeddings
from bert4ner.train.step import Batch, Loss, Modifier


@final
class GradientPenalty(Modifier):
    """Adds weight / 2 times the mean over windows of |g|² to the loss.

    g is the gradient of the window's own mean loss with respect to the vectors of its tokens, without padding; |g|² is
    the sum of its squares. Training needs second derivatives, which a head of another package may lack.
    `bert4ner.train.perturbation.Embeddings` defines the vectors.

    Args:
        weight: weight of the penalty; 0 or more.

    Raises:
        ConfigError: `weight` is outside its range, or `recompute` is set.

    References:
        Drucker and LeCun 1992, Improving Generalization Performance Using Double Backpropagation; Ross and Doshi-Velez
        2018, Improving the Adversarial Robustness of Deep Neural Networks by Regularizing Their Input Gradients.
    """

    def __init__(self, weight: float = 1.0):
        check_number("gradient_penalty", Range(low=0), weight=weight)
        self.weight = float(weight)

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses `recompute`, which has no second derivative."""
        if config.run.recompute:
            raise ConfigError(
                "the modifier gradient_penalty does not work with recompute, whose gradients have no derivative"
            )

    def build(self, network: Any) -> None:
        """Finds the embeddings."""
        self.embeddings = Embeddings(network, "gradient_penalty")

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss plus the penalty."""
        losses: list[Loss] = []

        def value(batch: Batch) -> Any:
            losses.append(compute(batch))
            return losses[-1].value

        _, slopes = self.embeddings.slopes(value, batch)
        windows = tf.cast(tf.shape(batch.inputs[0])[0], "float32")
        penalty = windows * tf.reduce_sum(tf.square(slopes))  # the mean of squares of `windows` times the slopes
        return Loss(losses[0].value + 0.5 * self.weight * penalty, losses[0].outputs)
