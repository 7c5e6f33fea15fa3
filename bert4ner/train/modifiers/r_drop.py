"""Two passes of each batch, which drop different features, are to agree."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options.fields import Range
from bert4ner.train.modifiers.agreement import check_divergence
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.step import Batch, Loss, Modifier


@final
class RDrop(Modifier):
    """Makes the loss the mean of two passes' losses, plus alpha / 2 times the divergence of their outputs.

    That divergence is the mean of both Kullback-Leibler divergences of what the head takes for probabilities
    (`Head.divergence`), counted as its loss is, times the window's weight. It is half the published loss, so that
    learning rates need not change, and `alpha` is the published one. Without any dropout nothing is added. A step takes
    twice as long.

    Args:
        alpha: how much disagreement counts; above 0.

    Raises:
        ConfigError: `alpha` is outside its range, or the head does not say what its divergence is.

    References:
        Liang et al. 2021, R-Drop: Regularized Dropout for Neural Networks.
    """

    def __init__(self, alpha: float = 1.0):
        check_number("r_drop", Range(above=0), alpha=alpha)
        self.alpha = alpha

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses a head that does not say how far two of its outputs are apart."""
        check_divergence("r_drop", config)

    def build(self, network: Any) -> None:
        """Takes notice of the head."""
        self.head = NERModel.of(network).head

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss of both passes, and of their disagreement."""
        one, other = compute(batch), compute(batch)
        apart = self.head.divergence(batch.targets, one.outputs, other.outputs)
        if batch.weights is not None:
            apart *= batch.weights
        return Loss((one.value + other.value) / 2 + self.alpha / 2 * tf.reduce_mean(apart), one.outputs)
