"""Joins windows of documents that were encoded again with those encoded before."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bert4ner.text.encoded import Encoded


def rejoined(encoded: Encoded, again: Encoded, places: Sequence[int]) -> tuple[Encoded, np.ndarray]:
    """All windows of both, and the numbers of the valid ones: a document that was encoded again keeps the newer ones.

    Args:
        encoded: some documents.
        again: some of them, changed, encoded for the same model.
        places: their positions in `encoded`.
    """
    together = replace(
        encoded,
        ids=np.concatenate([encoded.ids, again.ids]),
        starts=np.concatenate([encoded.starts, again.starts]),
        ends=np.concatenate([encoded.ends, again.ends]),
        offsets=np.concatenate([encoded.offsets, encoded.offsets[-1] + again.offsets[1:]]),
        document=np.concatenate([encoded.document, np.array(places, dtype=np.int32)[again.document]]),
        bounds=[*encoded.bounds, *again.bounds],
        texts=[*encoded.texts, *again.texts],
        spans=[*encoded.spans, *again.spans],
        unsure=[*encoded.unsure, *again.unsure],
    )
    kept = np.flatnonzero(~np.isin(encoded.document, places))  # (remaining windows,)
    return together, np.concatenate([kept, np.arange(len(encoded), len(together))])
