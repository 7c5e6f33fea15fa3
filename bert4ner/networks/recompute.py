"""Layers that recompute their inner values for the gradient instead of keeping them: less memory, more time.

Attention and feed-forward layers hold most of an encoder's activations: scores of all pairs of tokens, and vectors of
four times the width. With recomputation they keep only their inputs, their outputs and the draws of dropout.
"""

from typing import Any

from bert4keras import layers

from bert4ner.backend.calls import current_call
from bert4ner.backend.frameworks import tf
from bert4ner.backend.randomness import RepeatedDraws
from bert4ner.networks.fused_layers import FusedAttention, GatedFeedForward
from bert4ner.networks.xlnet_layers import RelativeAttention

_KINDS = (layers.MultiHeadAttention, layers.FeedForward, RelativeAttention, FusedAttention, GatedFeedForward)


def recompute_layers(network: Any) -> int:
    """Make a network's attention and feed-forward layers keep no inner values; returns the number of these layers.

    References:
        Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.
    """
    found: list[Any] = [layer for layer in network.layers if isinstance(layer, _KINDS)]
    for layer in found:
        if "call" not in vars(layer):  # otherwise it does so already
            layer.call = _recomputed(layer.call)
    return len(found)


def _recomputed(own: Any) -> Any:
    def call(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        draws, within, flat = RepeatedDraws(), current_call(), tf.nest.flatten(inputs)
        differentiable = {id(each): each for each in flat if each.dtype.is_floating}  # each tensor once

        def compute(*given: Any) -> Any:
            now = dict(zip(differentiable, given, strict=True))
            with within(), draws.drawing():
                return own(
                    tf.nest.pack_sequence_as(inputs, [now.get(id(each), each) for each in flat]), *args, **kwargs
                )

        return tf.recompute_grad(compute)(*differentiable.values())

    return call
