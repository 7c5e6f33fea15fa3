"""Where the text stands in what a network reads: behind [CLS], before [SEP] and padding. Heads count by the text.

A network's outputs hold whole windows: sums over them do not depend on where the text begins, their rows are as long as
those of the encoder, and what scores pairs of tokens may look at [CLS] and [SEP], too. Whatever is made of them takes
`text_only` first, or asks which positions are `text_positions`.
"""

from collections.abc import Sequence
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.text.encoded import BEFORE_TEXT


def text_only(outputs: Any, axes: Sequence[int]) -> Any:
    """Outputs, an array or a tensor, without what stands before the text: position 0 is its first token then.

    Args:
        outputs: those of whole windows.
        axes: which axes are the positions of tokens; what else such an axis holds must stand behind them.
    """
    return outputs[tuple(slice(BEFORE_TEXT, None) if axis in axes else slice(None) for axis in range(max(axes) + 1))]


def text_positions(lengths: Any, width: Any) -> Any:
    """Which positions (batch, width) of whole windows are tokens of the text, of so many tokens each."""
    positions = tf.range(width)
    return (positions >= BEFORE_TEXT) & (positions < lengths[:, None] + BEFORE_TEXT)


def whole_windows(targets: Any, fill: int) -> Any:
    """Targets (batch, tokens, …) of the text with `fill` at what stands before it: (batch, length, …)."""
    return tf.pad(targets, [[0, 0], [BEFORE_TEXT, 0], *[[0, 0]] * (targets.shape.rank - 2)], constant_values=fill)
