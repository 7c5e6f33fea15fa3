"""What it costs to take tokens for a class by a softmax: cross entropy, smoothed or focal."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config


@dataclass(frozen=True)
class ClassLoss:
    """The loss of one softmax, of probabilities p, whose right class has the probability r.

    With s the label smoothing: -(1 - r) ** focal * (1 - s) * log r, plus s times the mean of -log p of all classes.

    Attributes:
        label_smoothing: share of the target that is spread over all classes.
        focal: exponent of the focal loss, which gives easy tokens less weight; 0 is cross entropy.

    References:
        Szegedy et al. 2016, Rethinking the Inception Architecture (smoothing); Lin et al. 2017, Focal Loss for Dense
        Object Detection.
    """

    label_smoothing: float = 0.0
    focal: float = 0.0

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The attributes, as a configuration sets them."""
        return {each.name: getattr(config.losses, each.name) for each in fields(ClassLoss)}

    def arguments(self) -> dict[str, Any]:
        """The attributes, as Keras saves them."""
        return asdict(self)

    @property
    def plain(self) -> bool:
        """Whether it is cross entropy and nothing else."""
        return self == ClassLoss()

    def __call__(self, logits: Any, classes: Any) -> Any:
        """The losses ``(batch, …)`` of logits ``(batch, …, classes)`` whose right classes have these numbers."""
        logs = tf.nn.log_softmax(logits)
        right = tf.gather(logs, classes, batch_dims=classes.shape.rank)  # (batch, …)
        losses = -(1 - self.label_smoothing) * right
        if self.focal:
            # Where p is 1 the power has no slope of its own for an exponent below 1.
            losses *= tf.maximum(1 - tf.exp(right), 1e-7) ** self.focal
        if self.label_smoothing:
            losses -= self.label_smoothing * tf.reduce_mean(logs, axis=-1)
        return losses
