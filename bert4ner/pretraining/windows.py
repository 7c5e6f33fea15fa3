"""Windows packed with consecutive documents, separated by [SEP]; only the very last tokens are padding."""

from typing import NamedTuple

import numpy as np

from bert4ner.pretraining.store import Store
from bert4ner.text.vocabulary import Vocabulary
from bert4ner.text.windows import SPECIAL_TOKENS


class Windows(NamedTuple):
    """A batch of windows."""

    ids: np.ndarray
    """[CLS] tokens [SEP], and padding after the end of all text, int32 (batch, length)."""
    words: np.ndarray
    """An id for each token's word, unique over all windows, int64 (batch, length); -1 for tokens outside words.

    These are [CLS], [SEP], padding, white space, unknown tokens, and words cut by the edge of a window.
    """


class PackedWindows:
    """The windows of one pass over some documents, in an order that a generator determines.

    The number of windows does not depend on the order. Windows can be read in any order; only the order of documents is
    kept in memory.

    Args:
        store: the tokens.
        documents: indices of the documents to read.
        vocabulary: of the tokens.
        window: tokens in one window, including [CLS] and [SEP].
        rng: shuffles the documents; without it, they keep their order.

    References:
        Liu et al. 2019, RoBERTa, section 4.2 (full sentences across documents).
    """

    def __init__(
        self,
        store: Store,
        documents: np.ndarray,
        vocabulary: Vocabulary,
        *,
        window: int,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.store, self.vocabulary = store, vocabulary
        self.span = window - SPECIAL_TOKENS
        self.documents = documents if rng is None else rng.permutation(documents)
        self._starts = store.starts[self.documents]  # (documents,)
        self._lengths = store.ends[self.documents] - self._starts  # (documents,)
        self._places = np.cumsum(self._lengths + 1)  # (documents,); the end of each, with its separator
        self._wordless = np.array(sorted(_wordless(vocabulary)), np.int32)

    def __len__(self) -> int:
        return -(-self.length // self.span)

    @property
    def length(self) -> int:
        """Number of tokens and separators."""
        return int(self._places[-1]) - 1 if len(self._places) else 0

    def read(self, numbers: np.ndarray) -> Windows:
        """The windows with some indices, (batch,)."""
        places = numbers[:, None] * self.span + np.arange(
            self.span + 1
        )  # (batch, span + 1), with the token after each window
        ids, begins = self._at(places)
        inner = ids[:, :-1]
        words = np.cumsum(begins[:, :-1], axis=1)  # (batch, span), from 1 on in each window
        cut = (words == 0) | (words == words[:, -1:]) & ~begins[:, -1:]  # by the left edge or by the right edge
        words += np.arange(len(words))[:, None] * (self.span + 1)
        return self._framed(inner, np.where(cut | np.isin(inner, self._wordless), -1, words))

    def _at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ids, and whether a word begins, at positions in the stream of all documents; padding beyond its ends."""
        inside = (places >= 0) & (places < self.length)
        bounded = np.where(inside, places, 0)
        document = np.searchsorted(self._places, bounded, side="right")
        within = bounded - (self._places[document] - self._lengths[document] - 1)
        separator = within == self._lengths[document]
        tokens = self._starts[document] + np.minimum(within, self._lengths[document] - 1)
        ids = np.where(separator, self.vocabulary.sep_id, self.store.tokens[tokens])
        begins = separator | (within == 0) | self.store.begins[tokens] | ~inside
        return np.where(inside, ids, self.vocabulary.pad_id).astype(np.int32), begins

    def _framed(self, inner: np.ndarray, words: np.ndarray) -> Windows:
        batch, span = inner.shape
        ids = np.full((batch, span + SPECIAL_TOKENS), self.vocabulary.pad_id, np.int32)
        ids[:, 0] = self.vocabulary.cls_id
        ids[:, 1:-1] = inner
        lengths = span - (inner[:, ::-1] != self.vocabulary.pad_id).argmax(axis=1)  # [PAD] never occurs in a text
        ids[np.arange(batch), lengths + 1] = self.vocabulary.sep_id
        return Windows(ids, np.pad(words, ((0, 0), (1, 1)), constant_values=-1))


def _wordless(vocabulary: Vocabulary) -> set[int]:
    special = {vocabulary.pad_id, vocabulary.unk_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.space_id}
    return special | {number for token, number in vocabulary.ids.items() if token == "[MASK]"}
