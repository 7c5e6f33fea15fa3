"""Gives all epochs the same number of batches, whatever was drawn: schedules and Keras need a fixed number of steps."""

from collections.abc import Sequence

import numpy as np


def evened(batches: Sequence[np.ndarray], number: int) -> list[np.ndarray]:
    """Return exactly `number` batches of window indices, none larger than before.

    If there are too few, the largest are halved until there are enough; once all have a single window, batches are
    repeated. If there are too many, the last ones are dropped; batches come in random order.

    Args:
        batches: window indices, at least one batch.
        number: the number of batches to return.
    """
    found = list(batches[:number])
    while len(found) < number:
        largest = max(range(len(found)), key=lambda place: len(found[place]))
        if len(found[largest]) < 2:
            return [found[place % len(found)] for place in range(number)]
        found[largest : largest + 1] = np.array_split(found[largest], 2)
    return found
