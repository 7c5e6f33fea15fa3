"""The position of the text in a window: after [CLS], before [SEP] and padding. Heads count positions in the text.

A network's outputs hold whole windows: sums over them do not depend on where the text begins, rows are as long as the
encoder's, and heads that score token pairs may also use [CLS] and [SEP]. Later steps first call `text_only`, or ask for
the `text_positions`.
"""

from collections.abc import Sequence
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.text.encoded import BEFORE_TEXT


def text_only(outputs: Any, axes: Sequence[int]) -> Any:
    """Outputs, an array or a tensor, without the positions before the text: position 0 is then its first token.

    Args:
        outputs: of whole windows.
        axes: the axes of token positions; other values on such an axis must come after the positions.
    """
    return outputs[tuple(slice(BEFORE_TEXT, None) if axis in axes else slice(None) for axis in range(max(axes) + 1))]


def text_positions(lengths: Any, width: Any) -> Any:
    """Which positions (batch, width) of whole windows are tokens of texts with these `lengths`."""
    positions = tf.range(width)
    return (positions >= BEFORE_TEXT) & (positions < lengths[:, None] + BEFORE_TEXT)


def whole_windows(targets: Any, fill: int) -> Any:
    """Targets (batch, tokens, …) of the text, with `fill` before them: (batch, length, …)."""
    return tf.pad(targets, [[0, 0], [BEFORE_TEXT, 0], *[[0, 0]] * (targets.shape.rank - 2)], constant_values=fill)
