"""The weights of documents in each epoch: their own, and lower at first for pseudo-labelled ones."""

from collections.abc import Sequence

import numpy as np

from bert4ner.entities import Document
from bert4ner.train.ramp import risen


class DocumentWeights:
    """The weights of documents; weights after the first `gold` ones may rise, see `risen`.

    With weight W and loss l of each of n gold and m other documents, an epoch's loss is the sum of W * l, divided by
    n + m. In fact it is summed over windows and their tokens. A document of weight 0 adds nothing, but counts in m.

    Attributes:
        all_one: whether all weights are 1 in all epochs.
    """

    def __init__(self, documents: Sequence[Document], *, gold: int, ramp: int = 0):
        self.weights = np.array([document.weight for document in documents], dtype=np.float32)  # (documents,)
        self.gold, self.ramp = gold, ramp
        rises = ramp > 0 and gold < len(documents)
        self.all_one = bool((self.weights == 1).all()) and not rises

    def of_epoch(self, epoch: int | None) -> np.ndarray:
        """The weights in an epoch, float32 (documents,); None: the final ones."""
        if not self.ramp or epoch is None or epoch >= self.ramp:
            return self.weights
        factors = np.ones_like(self.weights)
        factors[self.gold :] = risen(epoch, self.ramp)
        return self.weights * factors
