"""Targets of heads that score pairs of tokens: lists of cells (kind, token, token), however large their scores are."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.text.encoded import BEFORE_TEXT

_NONE = -1  # target that stands for nothing
_FIELDS = 3  # kind and both tokens of a target


def pack_targets(cells: Sequence[Sequence[tuple[int, int, int]]], lengths: np.ndarray) -> np.ndarray:
    """Cells (kind, token, token) of each text as int32 ``(batch, 1 + 3 * cells)``: its length, its cells, then -1."""
    targets = np.full((len(cells), 1 + _FIELDS * max(map(len, cells), default=0)), _NONE, "int32")
    targets[:, 0] = lengths
    for row, window_cells in enumerate(cells):
        targets[row, 1 : 1 + _FIELDS * len(window_cells)] = [number for cell in window_cells for number in cell]
    return targets


def unpack_targets(targets: Any) -> tuple[Any, Any, Any, Any]:
    """What `pack_targets` wrote, for outputs of whole windows.

    Returns:
        Lengths of texts ``(batch,)``; of each cell its row in the batch ``(batch, cells)``, its kind and positions
        ``(batch, cells, 3)``, and whether it is real ``(batch, cells)``.
    """
    targets = tf.cast(targets, "int32")
    batch = tf.shape(targets)[0]
    cells = tf.reshape(targets[:, 1:], [batch, -1, _FIELDS])
    real = tf.not_equal(cells[:, :, 0], _NONE)
    places = tf.add(cells, [0, BEFORE_TEXT, BEFORE_TEXT])
    return targets[:, 0], tf.broadcast_to(tf.range(batch)[:, None], tf.shape(real)), places, real
