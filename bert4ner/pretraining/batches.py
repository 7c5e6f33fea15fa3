"""The batches of a pre-training; each depends only on the seed and its index."""

from functools import lru_cache

import numpy as np

from bert4ner.pretraining.masking import Masked, Masking
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.pretraining.store import Store
from bert4ner.pretraining.windows import PackedWindows

_DOCUMENTS, _MASKS, _HELD_OUT = range(3)  # separate random streams


class Batches:
    """Masked windows to learn from, and fixed ones to measure the perplexity on.

    Args:
        store: all documents.
        masking: how to mask them.
        options: how to read them.

    Attributes:
        rows: windows in one batch.
        per_epoch: number of batches in each pass.

    Raises:
        DataError: see `Store.split`.
    """

    def __init__(self, store: Store, masking: Masking, options: PretrainingOptions) -> None:
        self.options = options
        self._store, self._masking = store, masking
        self._learned, held_out = store.split(options.texts.held_out)
        self._held_out = self._packed(held_out)
        self._epoch = lru_cache(maxsize=2)(self._order)  # one epoch ends while the next begins
        self.rows = options.optimization.batch_tokens // options.texts.window
        self.per_epoch = -(-len(self._packed(self._learned)) // self.rows)

    @property
    def total(self) -> int:
        """Number of batches in the whole training."""
        return self.options.optimization.epochs * self.per_epoch

    def batch(self, number: int) -> Masked:
        """A training batch; `number` counts from 0 through all epochs."""
        epoch, place = divmod(number, self.per_epoch)
        windows, order = self._epoch(epoch)
        chosen = order[place * self.rows : (place + 1) * self.rows]
        return self._masking(windows.read(chosen), self._rng(_MASKS, number))

    @property
    def num_held_out(self) -> int:
        """Number of held-out batches."""
        return -(-len(self._held_out) // self.rows)

    def held_out(self, number: int) -> Masked:
        """A held-out batch; its masks are always the same."""
        chosen = np.arange(len(self._held_out))[number * self.rows : (number + 1) * self.rows]
        return self._masking(self._held_out.read(chosen), self._rng(_HELD_OUT, number))

    def _order(self, epoch: int) -> tuple[PackedWindows, np.ndarray]:
        rng = self._rng(_DOCUMENTS, epoch)
        windows = self._packed(self._learned, rng)
        return windows, rng.permutation(len(windows))

    def _packed(self, documents: np.ndarray, rng: np.random.Generator | None = None) -> PackedWindows:
        vocabulary, window = self._masking.vocabulary, self.options.texts.window
        return PackedWindows(self._store, documents, vocabulary, window=window, rng=rng)

    def _rng(self, *drawn: int) -> np.random.Generator:
        return np.random.default_rng([self.options.run.seed, *drawn])
