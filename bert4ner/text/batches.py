"""Encode documents once into a compact store, and plan batches that hold little padding.

No labels are numbered and no tensors are made here: the store has token ids, offsets and token spans with their labels.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bert4ner.config import WindowConfig
from bert4ner.entities import Document, Entity
from bert4ner.text.token_spans import TokenSpan
from bert4ner.text.tokenizer import Encoding, Tokenizer, token_span
from bert4ner.text.windows import SPECIAL_TOKENS, Window, cut_windows, truncate, window_entities

logger = logging.getLogger(__name__)

FITS_NO_WINDOW = "fits no window"
NO_TOKEN_BOUNDARY = "no token boundary"
BEFORE_TEXT = 1
"""Tokens that stand before the text of a window: [CLS]. Behind it stand [SEP] and padding."""
BUCKET = 8
"""Lengths are rounded up to a multiple of this: fewer shapes, and windows of like length that a shuffle exchanges."""


@dataclass(frozen=True, slots=True)
class LostEntity:
    """A gold entity that cannot be learned, and why."""

    document_id: str
    entity: Entity
    mention: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The windows of some documents, encoded; window numbers run through all documents in their order.

    `offsets[w] : offsets[w + 1]` are the places of window w in the flat arrays, which hold no [CLS], [SEP] or padding.
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
    spans: list[list[TokenSpan]]
    """For each window its gold entities."""
    lost: list[LostEntity]
    """Gold entities that no window holds as whole tokens."""
    cls_id: int
    sep_id: int
    max_length: int
    """Tokens in the longest window that may be, [CLS] and [SEP] counted; nothing is padded beyond."""
    pad_id: int = 0

    def __len__(self) -> int:
        return len(self.bounds)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each window with [CLS] and [SEP], int64 (windows,)."""
        return self.text_lengths + 2

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
        encoder may have no positions beyond.
        """
        numbers = np.asarray(window_numbers, dtype=np.int64)  # (batch,)
        counts = self.offsets[numbers + 1] - self.offsets[numbers]  # (batch,)
        length = min(_rounded(int(counts.max(initial=0)) + 2, bucket), self.max_length)
        token_ids = np.full((len(numbers), length), self.pad_id, dtype=np.int32)  # (batch, length)
        rows = np.repeat(np.arange(len(numbers)), counts)  # (tokens of the batch,)
        places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)  # (tokens of the batch,)
        token_ids[rows, places + BEFORE_TEXT] = self.ids[self.offsets[numbers][rows] + places]
        token_ids[:, 0] = self.cls_id
        token_ids[np.arange(len(numbers)), counts + BEFORE_TEXT] = self.sep_id
        return token_ids


def encode_documents(documents: Iterable[Document], tokenizer: Tokenizer, config: WindowConfig) -> Encoded:
    """Cut every document into windows and encode each window once.

    Windows are cut so that `config.max_length` holds with [CLS] and [SEP], whatever the tokenizer: there are never
    more tokens than characters. Documents without text have no window. Entities that cannot be represented are in
    `lost`; who wants to learn them says so with `warn_of_lost`.
    """
    documents = list(documents)
    owners: list[int] = []
    bounds: list[Window] = []
    gold: list[list[Entity]] = []
    lost: list[LostEntity] = []
    for index, document in enumerate(documents):
        windows = _windows(document.text, config)
        inside, outside = window_entities(windows, document.entities)
        owners.extend([index] * len(windows))
        bounds.extend(windows)
        gold.extend(inside)
        lost.extend(_lost(document, entity, FITS_NO_WINDOW) for entity in outside)
    pieces = [documents[owner].text[slice(*window)] for owner, window in zip(owners, bounds, strict=True)]
    encodings = [
        _moved(encoding, window.start) for encoding, window in zip(tokenizer.encode_all(pieces), bounds, strict=True)
    ]
    spans, unaligned = _token_spans(documents, owners, encodings, gold)
    lost.extend(unaligned)
    vocabulary = tokenizer.vocabulary
    compact = np.uint16 if len(vocabulary) <= 2**16 else np.int32
    return Encoded(
        ids=_joined([encoding.ids for encoding in encodings]).astype(compact),
        starts=_joined([encoding.starts for encoding in encodings]),
        ends=_joined([encoding.ends for encoding in encodings]),
        offsets=np.cumsum([0] + [len(encoding.ids) for encoding in encodings], dtype=np.int64),
        document=np.array(owners, dtype=np.int32),
        bounds=bounds,
        spans=spans,
        lost=lost,
        cls_id=vocabulary.cls_id,
        sep_id=vocabulary.sep_id,
        max_length=config.max_length,
        pad_id=vocabulary.pad_id,
    )


def entity_span(encoding: Encoding, entity: Entity) -> TokenSpan | None:
    """The tokens of an entity of the document, without its score; None where one of its ends lies inside a token."""
    place = token_span(encoding, entity.start, entity.end)
    pieces = [token_span(encoding, *fragment) for fragment in entity.fragments]
    whole = [piece for piece in pieces if piece is not None]
    if place is None or len(whole) < len(pieces):
        return None
    return TokenSpan(*place, entity.label, pieces=tuple(whole))


def _windows(text: str, config: WindowConfig) -> list[Window]:
    size = config.max_length - SPECIAL_TOKENS
    if config.truncate == "none":
        return cut_windows(text, size=size, overlap=config.overlap)
    return truncate(text, size=size, mode=config.truncate)


def _moved(encoding: Encoding, start: int) -> Encoding:
    """Offsets in a window starting at `start` -> offsets in its document."""
    return Encoding(encoding.ids, encoding.starts + np.int32(start), encoding.ends + np.int32(start))


def _lost(document: Document, entity: Entity, reason: str) -> LostEntity:
    return LostEntity(document.id, entity, document.mention(entity), reason)


def _token_spans(
    documents: list[Document], owners: list[int], encodings: list[Encoding], gold: list[list[Entity]]
) -> tuple[list[list[TokenSpan]], list[LostEntity]]:
    """The entities of each window in tokens, and those that are whole tokens in no window that holds them."""
    spans: list[list[TokenSpan]] = []
    aligned: set[tuple[int, Entity]] = set()
    missed: dict[tuple[int, Entity], None] = {}  # a set that keeps the order
    for owner, encoding, entities in zip(owners, encodings, gold, strict=True):
        spans.append([])
        for entity in entities:
            span = entity_span(encoding, entity)
            if span is None:
                missed[owner, entity] = None
            else:
                spans[-1].append(span)
                aligned.add((owner, entity))
    return spans, [
        _lost(documents[owner], entity, NO_TOKEN_BOUNDARY) for owner, entity in missed if (owner, entity) not in aligned
    ]


def warn_of_lost(lost: Sequence[LostEntity], documents: Iterable[Document], config: WindowConfig) -> None:
    """One warning for all gold entities of some documents that were lost when they were encoded, none for none."""
    if not lost:
        return
    total = sum(len(document.entities) for document in documents)
    homeless = sum(loss.reason == FITS_NO_WINDOW for loss in lost)
    logger.warning(
        "%d of %d entities will not be learned: %d fit in no window (max_length=%d, overlap=%d, truncate=%s; raise "
        "max_length or overlap), %d end inside a token (tokens=%s; 'characters' hides no boundary), e.g. %s %r at "
        "[%d, %d) of document %s",
        len(lost),
        total,
        homeless,
        config.max_length,
        config.overlap,
        config.truncate,
        len(lost) - homeless,
        config.tokens,
        lost[0].entity.label,
        lost[0].mention,
        lost[0].entity.start,
        lost[0].entity.end,
        lost[0].document_id,
    )


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)


def _rounded(length: int, bucket: int) -> int:
    return -(-length // bucket) * bucket


def plan_batches(
    lengths: Sequence[int] | np.ndarray,
    *,
    batch_tokens: int,
    bucket: int = BUCKET,
    rng: np.random.Generator | None = None,
) -> list[np.ndarray]:
    """Group windows of similar length into batches of at most `batch_tokens` tokens, padding counted.

    Windows are filled in from the longest to the shortest length rounded up to `bucket`, so that a batch that a
    length leaves unfinished is finished by the next shorter one. Each window is in exactly one batch; a window longer
    than `batch_tokens` is a batch of its own.

    Args:
        lengths: tokens of each window, (windows,).
        batch_tokens: the most tokens of a batch.
        bucket: what lengths are rounded up to a multiple of.
        rng: shuffles windows of one rounded length, and the batches; sizes and number of batches do not depend on it.
            Without, windows come sorted by length, shortest first.

    Returns:
        window numbers, int64 (batch,) each.
    """
    lengths = np.asarray(lengths, dtype=np.int64)  # (windows,)
    if not len(lengths):
        return []
    rounded = -(-lengths // bucket) * bucket  # (windows,)
    if rng is None:
        order = np.argsort(-lengths, kind="stable")
    else:
        order = np.lexsort((rng.permutation(len(lengths)), -rounded))
    batches = [order[start:end] for start, end in pairwise(_cuts(rounded[order], batch_tokens))]
    if rng is None:
        return batches[::-1]
    return [batches[number] for number in rng.permutation(len(batches))]


def _cuts(rounded: np.ndarray, batch_tokens: int) -> list[int]:
    """Where to cut windows whose lengths fall; a last batch far from full gets its share of the one before."""
    cuts = [0]
    while cuts[-1] < len(rounded):
        cuts.append(min(len(rounded), cuts[-1] + max(1, batch_tokens // int(rounded[cuts[-1]]))))
    if len(cuts) > 2 and 2 * (cuts[-1] - cuts[-2]) < cuts[-2] - cuts[-3]:
        cuts[-2] = (cuts[-3] + cuts[-1] + 1) // 2
    return cuts
