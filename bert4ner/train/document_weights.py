"""What documents weigh in each epoch: what they say, and less at first where they are pseudo-labelled."""

import math
from collections.abc import Sequence

import numpy as np

from bert4ner.entities import Document

_STEEP = 5.0


class DocumentWeights:
    """The weights of documents, of which those behind the gold ones may rise.

    With t the share of the ramp that is over, (epoch / ramp) at most 1 and epochs counted from 0, they are multiplied
    by exp(-5 (1 - t)^2): by 0.007 in the first epoch, by 0.29 in the middle, by 1 from the epoch `ramp` on.

    Attributes:
        all_one: whether all weights are 1 in all epochs.

    References:
        Laine and Aila 2017, Temporal Ensembling for Semi-Supervised Learning (the ramp).
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
        factors[self.gold :] = math.exp(-_STEEP * (1 - epoch / self.ramp) ** 2)
        return self.weights * factors
