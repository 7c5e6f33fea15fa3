"""A training modifier: gradients of matrices without their mean."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.train.step import Batch, Gradients, Modifier


@final
class Centralized(Modifier):
    """Takes the mean off the gradient of each output of a matrix; gradients of some rows of a table stay as they are.

    Args:
        share: how much of the mean, 1 is all of it.

    References:
        Yong et al. 2020, Gradient Centralization.
    """

    def __init__(self, share: float = 1.0):
        self.share = share

    def around_gradients(self, compute: Callable[[Batch], Gradients], batch: Batch) -> Gradients:
        """The gradients, those of matrices centralized."""
        gradients = compute(batch)
        pairs = [(self._centralized(gradient), variable) for gradient, variable in gradients.pairs]
        return Gradients(pairs, gradients.outputs)

    def _centralized(self, gradient: Any) -> Any:
        if isinstance(gradient, tf.IndexedSlices) or len(gradient.shape) < 2:
            return gradient
        axes = list(range(len(gradient.shape) - 1))
        return gradient - self.share * tf.reduce_mean(gradient, axis=axes, keepdims=True)
