"""How much of what batches feed to an encoder is padding: a measure that several tests take."""

from collections.abc import Sequence

import numpy as np

from bert4ner.text.batches import BUCKET


def padding_share(lengths: Sequence[int] | np.ndarray, batches: Sequence[np.ndarray], bucket: int = BUCKET) -> float:
    """The share of padding among all tokens, lengths rounded up to `bucket`; 0.0 without batches."""
    lengths = np.asarray(lengths, dtype=np.int64)  # (windows,)
    fed = sum(len(batch) * (-(-int(lengths[batch].max()) // bucket) * bucket) for batch in batches)
    return 1.0 - sum(int(lengths[batch].sum()) for batch in batches) / fed if fed else 0.0
