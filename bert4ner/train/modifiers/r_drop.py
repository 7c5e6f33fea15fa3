"""R-Drop: pulls the outputs of two passes with different dropout towards each other."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options import Range
from bert4ner.train.modifiers.agreement import check_divergence
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.step import Batch, Loss, Modifier


@final
class RDrop(Modifier):
    """The loss becomes the mean loss of two passes plus alpha / 2 times the divergence of their outputs.

    The divergence is the mean of both Kullback-Leibler divergences of the head's probabilities (`Head.divergence`),
    scaled like the loss, times the window's weight. The loss is half the published one, so that learning rates need not
    change; `alpha` is the published one. Without dropout nothing is added. A step takes twice as long.

    Args:
        alpha: weight of the divergence; above 0.

    Raises:
        ConfigError: `alpha` is outside its range, or the head defines no divergence.

    References:
        Liang et al. 2021, R-Drop: Regularized Dropout for Neural Networks.
    """

    def __init__(self, alpha: float = 1.0):
        check_number("r_drop", Range(above=0), alpha=alpha)
        self.alpha = alpha

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses a head that defines no divergence of its outputs."""
        check_divergence("r_drop", config)

    def build(self, network: Any) -> None:
        """Remembers the head."""
        self.head = NERModel.of(network).head

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss of both passes plus the weighted divergence of their outputs."""
        one, other = compute(batch), compute(batch)
        apart = self.head.divergence(batch.targets, one.outputs, other.outputs)
        if batch.weights is not None:
            apart *= batch.weights
        return Loss((one.value + other.value) / 2 + self.alpha / 2 * tf.reduce_mean(apart), one.outputs)
