"""Where tokens stand in a text as it was given: from the places that the package tokenizers says, and to spans."""

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tokenizers
from numpy.typing import ArrayLike

from bert4ner.text.character_kinds import MARK, SPACE, next_other
from bert4ner.text.vocabulary import Vocabulary

_BETWEEN = "\0"  # neither white space nor a combining mark


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """The tokens of a text without [CLS] and [SEP]: ids, and the characters [start, end) of each, int32 (tokens,)."""

    ids: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


def token_span(encoding: Encoding, start: int, end: int) -> tuple[int, int] | None:
    """The tokens [i, j) that cover exactly the characters [start, end); None if a boundary falls inside a token."""
    first = int(np.searchsorted(encoding.starts, start))
    last = int(np.searchsorted(encoding.ends, end, side="right")) - 1
    if first > last or first >= len(encoding.ids):
        return None
    if encoding.starts[first] != start or encoding.ends[last] != end:
        return None
    return first, last + 1


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the library found in some texts.

    Attributes:
        counts: tokens of each text, (texts,).
        ids: of all their tokens, int32 (tokens,).
        offsets: their places [start, end) in the characters of their text, (tokens, 2).
    """

    counts: np.ndarray
    ids: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, batch: Sequence[tokenizers.Encoding]) -> "Found":
        """The same in arrays."""
        ids, offsets = [found.ids for found in batch], (found.offsets for found in batch)
        flat = itertools.chain.from_iterable(itertools.chain.from_iterable(offsets))
        return cls(
            np.array([len(own) for own in ids], dtype=np.int64),
            np.fromiter(itertools.chain.from_iterable(ids), dtype=np.int32),
            np.fromiter(flat, dtype=np.int64).reshape(-1, 2),
        )


def covered(vocabulary: Vocabulary, texts: Sequence[str], found: Found) -> list[Encoding]:
    """The library's tokens without the white space before them; what rules call covered.

    All texts are one here, with a place between each two that is neither white space nor a mark.
    """
    together = _BETWEEN.join([*texts, ""])
    bases = np.cumsum([0, *(len(text) + 1 for text in texts)])  # (texts + 1,)
    owners = np.repeat(np.arange(len(texts)), found.counts)  # (tokens,)
    starts, ends = (found.offsets + bases[owners][:, None]).T  # (tokens,), (tokens,)
    kept = (starts < ends) & ~_put_first(vocabulary, found)
    visible = next_other(together, SPACE)[starts]  # (tokens,)
    starts = np.where(visible < ends, visible, starts)  # a token may be of white space alone
    ids, starts, ends, owners = found.ids[kept], starts[kept], ends[kept], owners[kept]
    starts, ends = np.maximum.accumulate(starts), np.maximum.accumulate(ends)
    starts, ends = starts - bases[owners], _with_marks(together, starts, ends) - bases[owners]
    bounds = itertools.pairwise(np.searchsorted(owners, np.arange(len(texts) + 1)).tolist())
    return [
        _encoding(ids[slice(*own)], starts[slice(*own)], ends[slice(*own)])
        if own[0] < own[1] or not text
        else _one_token(vocabulary, text)
        for text, own in zip(texts, bounds, strict=True)
    ]


def _put_first(vocabulary: Vocabulary, found: Found) -> np.ndarray:
    """Which tokens (tokens,) are the mark of a word that is put before a text's first piece, at its place."""
    ids, starts, marks = found.ids, found.offsets[:, 0], np.zeros(len(found.ids), dtype=bool)
    if vocabulary.normalizes:
        firsts = (np.cumsum(found.counts) - found.counts)[found.counts > 1]  # (texts of several tokens,)
        marks[firsts] = (ids[firsts] == vocabulary.space_id) & (starts[firsts] == starts[firsts + 1])
    return marks


def _one_token(vocabulary: Vocabulary, text: str) -> Encoding:
    """For a text from which the library drops everything."""
    if text.isspace():
        return _encoding([vocabulary.space_id], [0], [len(text)])
    return _encoding([vocabulary.unk_id], [len(text) - len(text.lstrip())], [len(text.rstrip())])


def _encoding(ids: ArrayLike, starts: ArrayLike, ends: ArrayLike) -> Encoding:
    return Encoding(np.asarray(ids, np.int32), np.asarray(starts, np.int32), np.asarray(ends, np.int32))


def _with_marks(text: str, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The ends of tokens, those before combining marks that are in no token moved behind these."""
    if text.isascii() or not len(ends):
        return ends
    behind = np.minimum(next_other(text, MARK)[ends], np.append(starts[1:], len(text)))  # (tokens,)
    return np.maximum.accumulate(np.maximum(ends, behind))


def tiled(vocabulary: Vocabulary, texts: Sequence[str], found: Found) -> list[Encoding]:
    """The library's tokens, and more, so that they tile every text; for models from before there were rules."""
    bounds = np.cumsum([0, *found.counts.tolist()]).tolist()
    return [
        _tile(vocabulary, text, found.ids[slice(*own)], found.offsets[slice(*own)])
        for text, own in zip(texts, itertools.pairwise(bounds), strict=True)
    ]


def _tile(vocabulary: Vocabulary, text: str, ids: np.ndarray, offsets: np.ndarray) -> Encoding:
    """Turn the library's tokens (tokens,), (tokens, 2) into ones that tile the text."""
    ids, offsets = _trimmed(vocabulary, text, ids, offsets)
    starts, ends = offsets.T  # (tokens,), (tokens,)
    reached = np.maximum.accumulate(np.append(np.int32(0), ends))[:-1]  # (tokens,)
    starts = np.maximum(starts, reached)
    kept = starts < ends
    ids, starts, ends = ids[kept], starts[kept], ends[kept]
    depth = np.bincount(starts, minlength=len(text) + 1) - np.bincount(ends, minlength=len(text) + 1)
    holes = np.flatnonzero(np.cumsum(depth)[:-1] == 0).astype(np.int32)  # (holes,)
    if len(holes):
        kinds = [_kind(text[hole]) for hole in holes.tolist()]
        names = {"space": vocabulary.space_id, "mark": -1, "other": vocabulary.unk_id}
        order = np.argsort(np.append(starts, holes), kind="stable")
        starts = np.append(starts, holes)[order]
        ids = np.append(ids, np.array([names[kind] for kind in kinds], dtype=np.int32))[order]
        spaces = np.append(np.zeros(len(order) - len(holes), bool), [kind == "space" for kind in kinds])[order]
        joins = (ids < 0) & ~np.append(True, spaces[:-1])
        ids, starts = np.where(ids < 0, vocabulary.unk_id, ids)[~joins], starts[~joins]
    ends = np.append(starts[1:], np.int32(len(text)))[: len(starts)]
    return Encoding(ids.astype(np.int32), starts.astype(np.int32), ends.astype(np.int32))


def _trimmed(vocabulary: Vocabulary, text: str, ids: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of pieces those of no white space alone, real or put first, without the white space before them."""
    if not vocabulary.normalizes:
        return ids, offsets
    starts, ends = offsets.T  # (tokens,), (tokens,)
    starts = np.minimum(next_other(text, SPACE)[starts], ends)
    kept = (ids != vocabulary.space_id) & (starts < ends)
    return ids[kept], np.stack([starts[kept], ends[kept]], axis=1).astype(np.int32)


def _kind(character: str) -> str:
    if character.isspace():
        return "space"
    return "mark" if unicodedata.category(character)[0] == "M" else "other"
