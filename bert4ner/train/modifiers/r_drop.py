"""Two passes of each batch, which drop different features, are to agree."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.heads.base import Head
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.registry import HEADS
from bert4ner.train.step import Batch, Loss, Modifier


@final
class RDrop(Modifier):
    """Makes the loss the mean of two passes' losses, plus alpha / 2 times the divergence of their outputs.

    That divergence is the mean of both Kullback-Leibler divergences of what the head takes for probabilities
    (`Head.divergence`), counted as its loss is. It is half the published loss, so that learning rates need not change,
    and `alpha` is the published one. Without any dropout nothing is added. A step takes twice as long.

    Args:
        alpha: how much disagreement counts; above 0.

    Raises:
        ConfigError: `alpha` is outside its range, or the head does not say what its divergence is.

    References:
        Liang et al. 2021, R-Drop: Regularized Dropout for Neural Networks.
    """

    def __init__(self, alpha: float = 1.0):
        if not 0 < alpha < float("inf"):
            raise ConfigError(f"alpha of the modifier r_drop must be above 0, got {alpha}")
        self.alpha = alpha

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses a head that does not say how far two of its outputs are apart."""
        head = config.model.head
        if HEADS.get(head).divergence is Head.divergence:
            raise ConfigError(f"the modifier r_drop cannot go with the head {head!r}, which has no `divergence`")

    def build(self, network: Any) -> None:
        """Takes notice of the head."""
        self.head = NERModel.of(network).head

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss of both passes, and of their disagreement."""
        one, other = compute(batch), compute(batch)
        apart = self.head.divergence(batch.targets, one.outputs, other.outputs)  # (batch,)
        if batch.weights is not None:
            apart *= batch.weights
        return Loss((one.value + other.value) / 2 + self.alpha / 2 * tf.reduce_mean(apart), one.outputs)
