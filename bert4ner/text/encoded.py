"""Encodes documents once into a compact store: token ids, offsets and token spans with their labels.

Numbers no labels and makes no tensors; `batches` plans which windows are read together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bert4ner.config import WindowConfig
from bert4ner.entities import Document
from bert4ner.text.alignment import Alignment, LostEntity
from bert4ner.text.batches import BUCKET, round_up
from bert4ner.text.fitting import fitting_windows
from bert4ner.text.token_places import Encoding
from bert4ner.text.token_spans import TokenSpan
from bert4ner.text.tokenizer import Tokenizer
from bert4ner.text.windows import SPECIAL_TOKENS, Window

BEFORE_TEXT = 1
"""Tokens before the text of a window: [CLS]. After it come [SEP] and padding."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The encoded windows of some documents; window numbers run through all documents in order.

    `offsets[w] : offsets[w + 1]` is the range of window w in the flat arrays, which hold no [CLS], [SEP] or padding.
    """

    ids: np.ndarray
    """Token ids, uint16 or int32, flat (all tokens,)."""
    starts: np.ndarray
    """First character of each token in its document, int32, flat (all tokens,)."""
    ends: np.ndarray
    """Character after the last of each token in its document, int32, flat (all tokens,)."""
    offsets: np.ndarray
    """int64 (windows + 1,)."""
    document: np.ndarray
    """Index of each window's document, int32 (windows,)."""
    bounds: list[Window]
    """Characters of each window in its document."""
    texts: list[str]
    """The text of each window's document."""
    spans: list[list[TokenSpan]]
    """The gold entities of each window."""
    unsure: list[list[TokenSpan]]
    """The spans of each window that may or may not be entities."""
    lost: list[LostEntity]
    """Gold entities that no window holds as whole tokens."""
    lost_unsure: list[LostEntity]
    """Unsure spans that no window holds as whole tokens."""
    cls_id: int
    sep_id: int
    max_length: int
    """Maximum number of tokens in a window, including [CLS] and [SEP]; padding does not exceed it."""
    pad_id: int = 0

    def __len__(self) -> int:
        return len(self.bounds)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each window with [CLS] and [SEP], int64 (windows,)."""
        return self.text_lengths + SPECIAL_TOKENS

    @property
    def text_lengths(self) -> np.ndarray:
        """Tokens of the text of each window, int64 (windows,)."""
        return np.diff(self.offsets)

    def encoding(self, window: int) -> Encoding:
        """The tokens of one window; starts and ends are characters of the document."""
        part = slice(self.offsets[window], self.offsets[window + 1])
        return Encoding(self.ids[part].astype(np.int32), self.starts[part], self.ends[part])

    def token_ids(self, window_numbers: Sequence[int] | np.ndarray, *, bucket: int = BUCKET) -> np.ndarray:
        """The input of an encoder: [CLS] tokens [SEP] and padding, int32 (batch, length).

        `length` is that of the longest window, rounded up to a multiple of `bucket`, but at most `max_length`: an
        encoder may have no further positions.
        """
        numbers = np.asarray(window_numbers, dtype=np.int64)  # (batch,)
        counts = self.offsets[numbers + 1] - self.offsets[numbers]  # (batch,)
        length = min(round_up(int(counts.max(initial=0)) + SPECIAL_TOKENS, bucket), self.max_length)
        token_ids = np.full((len(numbers), length), self.pad_id, dtype=np.int32)  # (batch, length)
        rows = np.repeat(np.arange(len(numbers)), counts)  # (tokens of the batch,)
        places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)  # (tokens of the batch,)
        token_ids[rows, places + BEFORE_TEXT] = self.ids[self.offsets[numbers][rows] + places]
        token_ids[:, 0] = self.cls_id
        token_ids[np.arange(len(numbers)), counts + BEFORE_TEXT] = self.sep_id
        return token_ids


def encode_documents(documents: Iterable[Document], tokenizer: Tokenizer, config: WindowConfig) -> Encoded:
    """Cut every document into windows and encode each window once.

    Windows are cut so that `config.max_length` holds with [CLS] and [SEP], whatever the tokenizer: shorter where there
    are more tokens than characters. Documents without text have no window. Entities that cannot be represented are in
    `lost`, unsure spans in `lost_unsure`; who wants to learn them says so with `warn_of_lost`.
    """
    documents = list(documents)
    windows, encodings = fitting_windows([document.text for document in documents], tokenizer, config)
    owners = [index for index, each in enumerate(windows) for _ in each]
    bounds = [window for each in windows for window in each]
    alignment = Alignment(documents, windows, owners, encodings)
    spans, lost = alignment.of([document.entities for document in documents])
    unsure, lost_unsure = alignment.of([document.unsure for document in documents])
    vocabulary = tokenizer.vocabulary
    compact = np.uint16 if len(vocabulary) <= 2**16 else np.int32
    return Encoded(
        ids=_joined([encoding.ids for encoding in encodings]).astype(compact),
        starts=_joined([encoding.starts for encoding in encodings]),
        ends=_joined([encoding.ends for encoding in encodings]),
        offsets=np.cumsum([0] + [len(encoding.ids) for encoding in encodings], dtype=np.int64),
        document=np.array(owners, dtype=np.int32),
        bounds=bounds,
        texts=[documents[owner].text for owner in owners],
        spans=spans,
        unsure=unsure,
        lost=lost,
        lost_unsure=lost_unsure,
        cls_id=vocabulary.cls_id,
        sep_id=vocabulary.sep_id,
        max_length=config.max_length,
        pad_id=vocabulary.pad_id,
    )


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
