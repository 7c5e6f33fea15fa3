"""Probabilities and log probabilities from logits, in NumPy, for logits of any size."""

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = TypeVar("Floats", bound=np.floating)


def logistic(logits: ArrayLike) -> NDArray[np.float64]:
    """1 / (1 + exp(-logit)), without overflow, float64."""
    return np.asarray(np.exp(-np.logaddexp(0, -np.asarray(logits, "float64"))))


def log_softmax(logits: NDArray[Floats]) -> NDArray[Floats]:
    """Log probabilities over the last axis."""
    lifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(lifted - np.log(np.exp(lifted).sum(axis=-1, keepdims=True)))
