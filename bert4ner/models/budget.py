"""The memory budget of one batch: larger batches are split.

A head that scores pairs of tokens needs labels x length x length values per window, and the encoder may read a window
more than once. A budget of the windows' tokens alone limits neither. It knows heads only by their `cells`, and readings
by their `encoder_tokens`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.reading.reading import Reading
from bert4ner.text.batches import BUCKET

MAX_CELLS = 2**24
"""Number of values in a head's largest array for one batch: 64 MiB as float32. Training holds about six of these."""


class Demand(Protocol):
    """The demand of a model for a window of `length` tokens, including padding."""

    def cells(self, length: int) -> int:
        """Number of values in the head's largest array."""

    def encoder_tokens(self, length: int) -> int:
        """Number of tokens that the encoder reads."""


def check_budget(head: Any, reading: Reading, config: Config) -> None:
    """Refuse a head if a single window of full length exceeds the memory or token budget.

    Raises:
        ConfigError: a window exceeds it; the message names a length that fits.
    """
    max_length, batch_tokens = config.windows.max_length, config.optimization.batch_tokens
    longest = max_length - reading.reserved
    if (tokens := reading.encoder_tokens(longest)) > batch_tokens:
        raise ConfigError(
            f"batch_tokens={batch_tokens}: with {len(head.labels)} labels this head has the encoder read {tokens:,} "
            f"tokens for a window of max_length={max_length}; raise --batch-tokens or lower --max-length"
        )
    if head.cells(longest) <= MAX_CELLS:
        return
    fitting = reading.reserved + max(length for length in range(longest) if head.cells(length) <= MAX_CELLS)
    raise ConfigError(
        f"max_length={max_length}: with {len(head.labels)} labels this head needs {head.cells(longest):,} numbers a "
        f"window, more than {MAX_CELLS:,}; --max-length {fitting} is the longest that fits, texts may be of any length"
    )


def within_budget(
    batches: Iterable[np.ndarray], lengths: np.ndarray, demand: Demand, *, batch_tokens: int
) -> Iterator[np.ndarray]:
    """Batches of window indices, with those beyond `MAX_CELLS` or `batch_tokens` cut into even parts.

    The number of parts depends only on the longest window rounded up to `BUCKET`, as in `plan_batches`, so that all
    epochs have equally many batches.

    Args:
        batches: window indices from `plan_batches`.
        lengths: number of tokens of each window, ``(windows,)``.
        demand: the demand of a window.
        batch_tokens: maximum number of tokens that the encoder reads in one batch; a longer window is its own batch.
    """
    for batch in batches:
        longest = -(-int(lengths[batch].max()) // BUCKET) * BUCKET
        size = max(1, min(MAX_CELLS // demand.cells(longest), batch_tokens // demand.encoder_tokens(longest)))
        yield from np.array_split(batch, -(-len(batch) // size))
