"""What documents weigh in each epoch: what they say, and less at first where they are pseudo-labelled."""

from collections.abc import Sequence

import numpy as np

from bert4ner.entities import Document
from bert4ner.train.ramp import risen


class DocumentWeights:
    """The weights of documents, of which those behind the gold ones may rise; see `risen`.

    With W the weight and l the loss of each of n gold and m other documents, an epoch's loss is 1 / (n + m) times the
    sum of W * l, windows for documents and by their tokens: one of weight 0 adds nothing, and counts among m.

    Attributes:
        all_one: whether all weights are 1 in all epochs.
    """

    def __init__(self, documents: Sequence[Document], *, gold: int, ramp: int = 0):
        self.weights = np.array([document.weight for document in documents], dtype=np.float32)  # (documents,)
        self.gold, self.ramp = gold, ramp
        rises = ramp > 0 and gold < len(documents)
        self.all_one = bool((self.weights == 1).all()) and not rises

    def of_epoch(self, epoch: int | None) -> np.ndarray:
        """Those of an epoch, float32 (documents,); None: those when nothing rises any more."""
        if not self.ramp or epoch is None or epoch >= self.ramp:
            return self.weights
        factors = np.ones_like(self.weights)
        factors[self.gold :] = risen(epoch, self.ramp)
        return self.weights * factors
