"""Sparse targets of heads that score pairs of tokens: lists of cells (kind, token, token)."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.text.encoded import BEFORE_TEXT

_NONE = -1  # padding of the targets
_FIELDS = 3  # relation or label, and both tokens
Cell = tuple[int, int, int]


def with_open(cells: Sequence[Cell], unsure: Collection[Cell]) -> list[Cell]:
    """The cells of a text and its open cells, which are marked by a negative first element below -1.

    Cells that are sure are not open.
    """
    return [*cells, *((_NONE - 1 - kind, one, other) for kind, one, other in sorted(set(unsure) - set(cells)))]


def pack_targets(cells: Sequence[Sequence[Cell]], lengths: np.ndarray) -> np.ndarray:
    """Cells (kind, token, token) of each text as int32 ``(batch, 1 + 3 * cells)``: length, cells, then -1."""
    targets = np.full((len(cells), 1 + _FIELDS * max(map(len, cells), default=0)), _NONE, "int32")
    targets[:, 0] = lengths
    for row, window_cells in enumerate(cells):
        targets[row, 1 : 1 + _FIELDS * len(window_cells)] = [number for cell in window_cells for number in cell]
    return targets


class Targets(NamedTuple):
    """Unpacked targets, as tensors, with positions in whole windows."""

    lengths: Any
    """Number of tokens of each text, ``(batch,)``."""
    rows: Any
    """The batch row of each cell, ``(batch, cells)``."""
    cells: Any
    """Its label or relation and its two positions, ``(batch, cells, 3)``; meaningless if neither real nor open."""
    real: Any
    """Whether it is right, ``(batch, cells)``."""
    open: Any
    """Whether it is open, so that the loss must ignore it, ``(batch, cells)``."""


def unpack_targets(targets: Any) -> Targets:
    """Unpack what `pack_targets` wrote, with positions in whole windows."""
    targets = tf.cast(targets, "int32")
    batch = tf.shape(targets)[0]
    cells = tf.reshape(targets[:, 1:], [batch, -1, _FIELDS])
    kinds = cells[:, :, :1]
    real, open = kinds[:, :, 0] > _NONE, kinds[:, :, 0] < _NONE
    places = tf.concat([tf.where(open[:, :, None], _NONE - 1 - kinds, kinds), cells[:, :, 1:] + BEFORE_TEXT], axis=-1)
    return Targets(targets[:, 0], tf.broadcast_to(tf.range(batch)[:, None], tf.shape(real)), places, real, open)
