"""Targets of heads that score pairs of tokens: lists of cells (kind, token, token), however large their scores are."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.text.encoded import BEFORE_TEXT

_NONE = -1  # target that stands for nothing
_FIELDS = 3  # kind and both tokens of a target
Cell = tuple[int, int, int]


def with_open(cells: Sequence[Cell], unsure: Collection[Cell]) -> list[Cell]:
    """The cells of a text and those that may be right or not, whose kind is written as a number below -1.

    What is right for sure is not open.
    """
    return [*cells, *((_NONE - 1 - kind, one, other) for kind, one, other in sorted(set(unsure) - set(cells)))]


def pack_targets(cells: Sequence[Sequence[Cell]], lengths: np.ndarray) -> np.ndarray:
    """Cells (kind, token, token) of each text as int32 ``(batch, 1 + 3 * cells)``: its length, its cells, then -1."""
    targets = np.full((len(cells), 1 + _FIELDS * max(map(len, cells), default=0)), _NONE, "int32")
    targets[:, 0] = lengths
    for row, window_cells in enumerate(cells):
        targets[row, 1 : 1 + _FIELDS * len(window_cells)] = [number for cell in window_cells for number in cell]
    return targets


class Targets(NamedTuple):
    """What `pack_targets` wrote, as tensors, for outputs of whole windows."""

    lengths: Any
    """Tokens of texts, ``(batch,)``."""
    rows: Any
    """Of each cell its row in the batch, ``(batch, cells)``."""
    cells: Any
    """Its kind and positions, ``(batch, cells, 3)``; where it is neither real nor open they mean nothing."""
    real: Any
    """Whether it is right, ``(batch, cells)``."""
    open: Any
    """Whether it may be right or not: no loss is to depend on it, ``(batch, cells)``."""


def unpack_targets(targets: Any) -> Targets:
    """What `pack_targets` wrote, for outputs of whole windows."""
    targets = tf.cast(targets, "int32")
    batch = tf.shape(targets)[0]
    cells = tf.reshape(targets[:, 1:], [batch, -1, _FIELDS])
    kinds = cells[:, :, :1]
    real, open = kinds[:, :, 0] > _NONE, kinds[:, :, 0] < _NONE
    places = tf.concat([tf.where(open[:, :, None], _NONE - 1 - kinds, kinds), cells[:, :, 1:] + BEFORE_TEXT], axis=-1)
    return Targets(targets[:, 0], tf.broadcast_to(tf.range(batch)[:, None], tf.shape(real)), places, real, open)
