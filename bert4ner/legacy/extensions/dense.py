"""Gradients of some rows as gradients of all."""

from typing import Any

from bert4ner.backend.first import tf


def dense(grad: Any, var: Any, indices: Any) -> Any:
    """A gradient of some rows as one of all."""
    return tf.convert_to_tensor(tf.IndexedSlices(grad, indices, tf.shape(var)))
