"""Epochs of as many batches, whatever was drawn for each: schedules and Keras count on one number of steps."""

from collections.abc import Sequence

import numpy as np


def evened(batches: Sequence[np.ndarray], number: int) -> list[np.ndarray]:
    """Exactly so many batches of window numbers, none larger than it was.

    Of too few the largest are halved until there are enough; if none has two windows any more, they begin again. Of too
    many, which come in random order, the last are left out.

    Args:
        batches: window numbers, at least one batch.
        number: how many are wanted.
    """
    found = list(batches[:number])
    while len(found) < number:
        largest = max(range(len(found)), key=lambda place: len(found[place]))
        if len(found[largest]) < 2:
            return [found[place % len(found)] for place in range(number)]
        found[largest : largest + 1] = np.array_split(found[largest], 2)
    return found
