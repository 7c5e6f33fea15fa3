"""Parts of losses over all spans: which pairs are spans, and sums over positive and negative spans."""

from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf


def allowed_spans(inside: Any) -> Any:
    """Which cells (batch, width, width) are spans: both tokens `inside` the text, the first not after the last."""
    return tf.linalg.band_part(inside[:, :, None] & inside[:, None, :], 0, -1)


@tf.custom_gradient
def others_and_found(outputs: Any, allowed: Any, places: Any) -> Any:
    """log(1 + sum of exp(logit)) over spans that are not in `places`, and the logits of those that are.

    The sums, ``(batch, labels, length)``, are over the spans that begin at a token; the logits are ``(batch, cells)``.

    The gradient is explicit: each array as large as the logits is a pass over memory, and automatic differentiation
    makes three times as many.

    Args:
        outputs: logits, ``(batch, labels, length, length)``.
        allowed: which cells are spans, ``(batch, length, length)``.
        places: row, label, first and last token of the cells to take out, ``(batch, cells, 4)``.
    """
    others = tf.where(allowed[:, None], outputs, -np.inf)
    others = tf.tensor_scatter_nd_update(others, places, tf.fill(tf.shape(places)[:-1], np.float32(-np.inf)))
    top = tf.maximum(tf.reduce_max(others, axis=-1, keepdims=True), 0.0)
    powers = tf.exp(others - top)
    total = tf.exp(-top) + tf.reduce_sum(powers, axis=-1, keepdims=True)  # (batch, labels, length, 1)

    def gradient(of_others: Any, of_found: Any) -> Any:
        slopes = powers * (of_others[..., None] / total)
        return tf.tensor_scatter_nd_add(slopes, places, of_found), None, None

    return (tf.squeeze(top + tf.math.log(total), axis=-1), tf.gather_nd(outputs, places)), gradient


def loss_of_entities(logits: Any, groups: Any, num_groups: Any) -> Any:
    """log(1 + sum over entities of exp(-logit)) of each group, ``(batch, groups)``.

    Args:
        logits: of the entities of each window, ``(batch, cells)``; inf counts as nothing.
        groups: the index of each entity's group, of the same shape.
        num_groups: number of groups in each window.
    """
    batch = tf.shape(logits)[0]
    segments = tf.reshape(tf.range(batch)[:, None] * num_groups + groups, [-1])  # (batch * cells,)
    scores, count = tf.reshape(-logits, [-1]), batch * num_groups
    top = tf.stop_gradient(tf.maximum(tf.math.unsorted_segment_max(scores, segments, count), 0.0))
    powers = tf.exp(scores - tf.gather(top, segments))
    total = top + tf.math.log(tf.exp(-top) + tf.math.unsorted_segment_sum(powers, segments, count))
    return tf.reshape(total, [batch, num_groups])
