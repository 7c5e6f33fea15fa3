"""How much memory one batch may ask for: batches that would ask for more are divided.

A head that scores pairs of tokens needs labels x length x length numbers a window, and the encoder may read a window
more than once; a budget of the windows' tokens alone does not bound either. Knows heads by their `cells` only, ways to
read by their `encoder_tokens`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.reading.reading import Reading
from bert4ner.text.batches import BUCKET

MAX_CELLS = 2**24
"""Numbers in the largest array that a head makes for one batch: 64 MiB as float32. Training holds about six such."""


class Demand(Protocol):
    """What a model asks for, for a window of so many tokens, padding counted."""

    def cells(self, length: int) -> int:
        """Numbers in the largest array that the head makes."""

    def encoder_tokens(self, length: int) -> int:
        """Tokens that the encoder reads."""


def check_budget(head: Any, reading: Reading, config: Config) -> None:
    """Refuse a head of which not even one of the longest windows is within the budget of memory and of tokens.

    Raises:
        ConfigError: naming the length that would do.
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
    """The batches of window numbers, those beyond `MAX_CELLS` or `batch_tokens` cut into even parts.

    How many parts depends on the longest window rounded up to `BUCKET` only, as the batches of `plan_batches` do, so
    that every epoch has as many.

    Args:
        batches: window numbers, as `plan_batches` gives them.
        lengths: tokens of each window, ``(windows,)``.
        demand: what a window takes.
        batch_tokens: the most tokens that the encoder reads in one batch; a window beyond is a batch of its own.
    """
    for batch in batches:
        longest = -(-int(lengths[batch].max()) // BUCKET) * BUCKET
        size = max(1, min(MAX_CELLS // demand.cells(longest), batch_tokens // demand.encoder_tokens(longest)))
        yield from np.array_split(batch, -(-len(batch) // size))
