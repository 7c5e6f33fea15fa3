"""Losses of a softmax over classes of tokens: cross entropy, smoothed or focal, and the dice loss."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config


@dataclass(frozen=True)
class ClassLoss:
    """The loss of a softmax with probabilities p, whose right class has the probability r.

    With label smoothing s it is -(1 - r) ** focal * (1 - s) * log r, plus s times the mean of -log p over all classes.

    The share `dice` of it is the dice loss instead, which weights rare and frequent classes alike. It is the mean over
    classes of 1 - (2 * sum of p * y + 1) / (sum of p ** 2 + sum of y + 1). The sums run over the tokens of a window; y
    is 1 where the class is right, else 0. Every token of the window has this same loss.

    Attributes:
        label_smoothing: share of the target that is spread over all classes.
        focal: exponent of the focal loss, which gives easy tokens less weight; 0 is cross entropy.
        dice: share of the dice loss, from 0 to 1.

    References:
        Szegedy et al. 2016, Rethinking the Inception Architecture (smoothing); Lin et al. 2017, Focal Loss for Dense
        Object Detection; Milletari, Navab and Ahmadi 2016, V-Net (dice with squares); Li et al. 2020, Dice Loss for
        Data-imbalanced NLP Tasks.
    """

    label_smoothing: float = 0.0
    focal: float = 0.0
    dice: float = 0.0

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The attributes from a configuration."""
        return {each.name: getattr(config.losses, each.name) for each in fields(ClassLoss)}

    @classmethod
    def taken_from(cls, arguments: dict[str, Any]) -> "ClassLoss":
        """Makes the loss from the arguments of a head and removes them there."""
        return cls(**{each.name: arguments.pop(each.name) for each in fields(cls) if each.name in arguments})

    def arguments(self) -> dict[str, Any]:
        """The attributes, as Keras saves them."""
        return asdict(self)

    @property
    def plain(self) -> bool:
        """Whether it is plain cross entropy."""
        return self == ClassLoss()

    def __call__(self, logits: Any, classes: Any, real: Any) -> Any:
        """The losses ``(batch, …)`` of logits ``(batch, …, classes)``, given the ids of the right classes.

        Where `real` ``(batch, …)`` is false, the loss is meaningless, and the dice loss ignores the token.
        """
        logs = tf.nn.log_softmax(logits)
        losses = self._cross_entropy(logs, classes)
        if self.dice:
            dice = tf.reshape(_dice(logs, classes, real), [-1, *[1] * (classes.shape.rank - 1)])
            losses = (1 - self.dice) * losses + self.dice * dice
        return losses

    def _cross_entropy(self, logs: Any, classes: Any) -> Any:
        right = tf.gather(logs, classes, batch_dims=classes.shape.rank)  # (batch, …)
        losses = -(1 - self.label_smoothing) * right
        if self.focal:
            # Where p is 1, the gradient of the power is infinite for an exponent below 1.
            losses *= tf.maximum(1 - tf.exp(right), 1e-7) ** self.focal
        if self.label_smoothing:
            losses -= self.label_smoothing * tf.reduce_mean(logs, axis=-1)
        return losses


def _dice(logs: Any, classes: Any, real: Any) -> Any:
    """The dice loss of each window, ``(batch,)``, from log probabilities ``(batch, …, classes)``."""
    counted = tf.cast(real, logs.dtype)[..., None]
    probabilities = tf.exp(logs) * counted
    right = tf.one_hot(classes, tf.shape(logs)[-1], dtype=logs.dtype) * counted
    tokens = list(range(1, classes.shape.rank))
    over = 2 * tf.reduce_sum(probabilities * right, tokens) + 1  # (batch, classes)
    under = tf.reduce_sum(tf.square(probabilities) + right, tokens) + 1
    return 1 - tf.reduce_mean(over / under, axis=-1)
