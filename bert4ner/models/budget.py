"""How much memory one batch may ask for in a head: batches that would ask for more are divided.

A head that scores pairs of tokens needs labels x length x length numbers a window; a budget of tokens alone does not
bound that. Knows heads by their `cells` only.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from bert4ner.errors import ConfigError
from bert4ner.text.batches import BUCKET

MAX_CELLS = 2**24
"""Numbers in the largest array that a head makes for one batch: 64 MiB as float32. Training holds about six such."""


def check_cells(head: Any, max_length: int) -> None:
    """Refuse a head of which not even one window of `max_length` tokens is within the budget.

    Raises:
        ConfigError: naming the length that would do.
    """
    if head.cells(max_length) <= MAX_CELLS:
        return
    fitting = max(length for length in range(max_length) if head.cells(length) <= MAX_CELLS)
    raise ConfigError(
        f"max_length={max_length}: with {len(head.labels)} labels this head needs {head.cells(max_length):,} numbers a "
        f"window, more than {MAX_CELLS:,}; --max-length {fitting} is the longest that fits, texts may be of any length"
    )


def within_budget(batches: Iterable[np.ndarray], lengths: np.ndarray, head: Any) -> Iterator[np.ndarray]:
    """The batches of window numbers, those whose head would need more than `MAX_CELLS` cut into even parts.

    How many parts depends on the longest window rounded up to `BUCKET` only, as the batches of `plan_batches` do, so
    that every epoch has as many.

    Args:
        lengths: tokens of each window, ``(windows,)``.
    """
    for batch in batches:
        longest = -(-int(lengths[batch].max()) // BUCKET) * BUCKET
        size = max(1, MAX_CELLS // head.cells(longest))
        yield from np.array_split(batch, -(-len(batch) // size))
