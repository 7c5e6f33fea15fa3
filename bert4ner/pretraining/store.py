"""Texts as token ids on disk, encoded and cut into words once: epochs read them in any order, however many there are.

The folder of a store: `tokens` (ids), `begins` (whether a word begins), `documents` (where each ends, and a number that
follows from its text and the seed) and, written last, `store.json`.
"""

import hashlib
import json
import logging
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from bert4ner.data.writing import atomic_write
from bert4ner.errors import DataError, RunError
from bert4ner.pretraining.words import EveryToken, Words
from bert4ner.text.tokenizer import Tokenizer

logger = logging.getLogger(__name__)

MOST_HELD_OUT = 2**16
"""Tokens of documents that are held out: what is measured more often than once must not take long."""
_TOGETHER = 256  # documents that are encoded together
_UNKNOWN = 0.05  # share of tokens above which a vocabulary hardly fits


@dataclass(frozen=True, eq=False)
class Store:
    """All tokens of all documents, on disk.

    Attributes:
        tokens: ids, (tokens,).
        begins: whether a word begins, bool (tokens,).
        ends: after the last token of each document, int64 (documents,).
        draws: of each document a number that follows from its text and the seed, uint64 (documents,).
    """

    tokens: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    draws: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """First token of each document, int64 (documents,)."""
        return np.append(np.int64(0), self.ends[:-1])

    def split(self, share: float) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the documents to learn from and of those held out; equal texts are on one side.

        Raises:
            DataError: nothing is left to learn from.
        """
        order = np.lexsort((np.arange(len(self.ends)), self.draws))
        count = max(1, round(share * len(order))) if share else 0
        lengths = np.diff(self.ends, prepend=0)[order]
        count = min(count, max(1, int(np.searchsorted(np.cumsum(lengths), MOST_HELD_OUT, side="right"))))
        while 0 < count < len(order) and self.draws[order[count]] == self.draws[order[count - 1]]:
            count += 1
        if count >= len(order):
            raise DataError(
                f"{len(order)} documents, all of them (equal texts count as one) would be held out; with --held-out 0 "
                "none is"
            )
        return np.sort(order[count:]), np.sort(order[:count])


def write_store(
    folder: Path, texts: Iterable[str], tokenizer: Tokenizer, words: Words | EveryToken, *, seed: int, source: Any
) -> Store:
    """Encode texts, a few in memory at a time; those without a token are left out.

    Args:
        folder: is made.
        texts: all of them, once.
        tokenizer: makes tokens of a text.
        words: says where words begin among them.
        seed: what is held out follows from it.
        source: what the store is of, fit for JSON; `open_store` wants the same.

    Raises:
        DataError: there is no token in any text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "store.json").unlink(missing_ok=True)
    ends, draws = array("Q"), array("Q")  # lists would take four times as much, of millions of lines
    unknown = 0
    with (folder / "tokens").open("wb") as tokens, (folder / "begins").open("wb") as begins:
        for group in _groups(texts):
            for text, encoding in zip(group, tokenizer.encode_all(group), strict=True):
                if len(encoding.ids):
                    _append(tokens, encoding.ids.astype(np.int32))
                    _append(begins, words.begins(text, encoding))
                    unknown += int((encoding.ids == tokenizer.vocabulary.unk_id).sum())
                    ends.append((ends[-1] if ends else 0) + len(encoding.ids))
                    draws.append(_draw(text, seed))
    if not ends:
        raise DataError("the texts to learn from hold no token")
    np.stack([np.frombuffer(each, np.uint64) for each in (ends, draws)]).tofile(folder / "documents")
    with atomic_write(folder / "store.json") as file:
        json.dump({"source": source}, file, ensure_ascii=False)
    _tell(len(ends), ends[-1], unknown)
    return _mapped(folder)


def open_store(folder: Path, *, source: Any) -> Store | None:
    """The store in a folder, if one has been written whole.

    Raises:
        RunError: it is of other texts.
    """
    path = folder / "store.json"
    if not path.is_file():
        return None
    if json.loads(path.read_text(encoding="utf-8"))["source"] != source:
        raise RunError(
            f"{folder.parent.parent}: was begun with other texts, or they have changed since; choose another --output"
        )
    return _mapped(folder)


def _groups(texts: Iterable[str]) -> Iterator[Sequence[str]]:
    remaining = iter(texts)
    while group := list(islice(remaining, _TOGETHER)):
        yield group


def _append(file: IO[bytes], values: np.ndarray) -> None:
    file.write(np.ascontiguousarray(values).tobytes())


def _draw(text: str, seed: int) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=seed.to_bytes(4, "little"))
    return int.from_bytes(digest.digest(), "little")


def _mapped(folder: Path) -> Store:
    ends, draws = np.fromfile(folder / "documents", np.uint64).reshape(2, -1)
    tokens = np.memmap(folder / "tokens", np.int32, mode="r")
    begins = np.memmap(folder / "begins", bool, mode="r")
    return Store(tokens, begins, ends.astype(np.int64), draws)


def _tell(documents: int, tokens: int, unknown: int) -> None:
    logger.info("%d documents, %d tokens, %.2f %% of them unknown", documents, tokens, 100 * unknown / tokens)
    if unknown > _UNKNOWN * tokens:
        logger.warning(
            "%.1f %% of the tokens are not in the vocabulary, nothing is learned of them", 100 * unknown / tokens
        )
