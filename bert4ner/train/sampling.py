"""How often an epoch contains each document: more often with rare labels, less often without entities.

Draws depend only on the seed and the epoch. `augmentation` changes texts.
"""

import logging
from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert4ner.config import Config
from bert4ner.entities import Document

logger = logging.getLogger(__name__)

_DRAW = 1  # selects a random stream of its own, apart from shuffling


def expected_times(documents: Sequence[Document], *, repeat_rare: float, keep_empty: float) -> np.ndarray:
    """The expected number of times that each document occurs in an epoch, (documents,).

    A label that occurs in a share f of documents is repeated r = max(1, sqrt(repeat_rare / f)) times; a document takes
    the largest r of its labels. A document without entities occurs `keep_empty` times, unless all have none. Documents
    of weight 0, whose entities are unknown, occur once and do not count in f.

    References:
        Gupta, Dollár and Girshick 2019, LVIS, section 5.2 (repeat factor sampling).
    """
    labels = [{entity.label for entity in document.entities} for document in documents]
    if not any(labels):
        return np.ones(len(documents))
    holding = Counter(label for each in labels for label in each)
    known = sum(document.weight > 0 for document in documents)
    factors = {label: max(1.0, (repeat_rare * known / count) ** 0.5) for label, count in holding.items()}
    without = [keep_empty if document.weight else 1.0 for document in documents]
    pairs = zip(labels, without, strict=True)
    return np.array([max((factors[label] for label in each), default=times) for each, times in pairs])


class Sampling:
    """Draws how often each epoch contains each document, on average as `expected_times` says."""

    def __init__(self, documents: Sequence[Document], config: Config):
        self.seed = config.run.seed
        asked = config.sampling
        self.expected = expected_times(documents, repeat_rare=asked.repeat_rare, keep_empty=asked.keep_empty)

    @property
    def idle(self) -> bool:
        """Whether every epoch contains every document once."""
        return bool((self.expected == 1).all())

    def times(self, epoch: int) -> np.ndarray:
        """How often an epoch, counted from 0, contains each document, randomly rounded: int64 (documents,)."""
        drawn = np.random.default_rng([self.seed, epoch, _DRAW]).random(len(self.expected))  # (documents,)
        return np.floor(self.expected + drawn).astype(np.int64)


def warn_of_idle(documents: Sequence[Document], config: Config) -> None:
    """Warn about sampling options that change nothing for these documents."""
    asked, without = config.sampling, sum(not document.entities for document in documents)
    if asked.keep_empty < 1 and not without:
        logger.warning("keep_empty=%g changes nothing: every document has an entity", asked.keep_empty)
    if asked.repeat_rare and expected_times(documents, repeat_rare=asked.repeat_rare, keep_empty=1.0).max() == 1:
        logger.warning(
            "repeat_rare=%g changes nothing: each label occurs in at least that share of the documents",
            asked.repeat_rare,
        )
