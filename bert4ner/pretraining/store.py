"""Texts as token ids on disk, encoded and segmented into words once; epochs read them in any order.

The folder of a store has the files `tokens` (ids), `begins` (whether a word begins), `documents` (the end of each, and
a random number from its text and the seed) and `store.json`, which is written last.
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

from bert4ner.data.durable import make_folder, remove_file, sync_tree
from bert4ner.data.failures import named
from bert4ner.data.writing import atomic_write
from bert4ner.errors import DataError, RunError
from bert4ner.pretraining.words import EveryToken, Words
from bert4ner.runs.files import RUN_FILES
from bert4ner.text.tokenizer import Tokenizer

logger = logging.getLogger(__name__)

MOST_HELD_OUT = 2**16
"""Maximum number of held-out tokens: they are measured repeatedly, which must be quick."""
_TOGETHER = 256  # documents that are encoded together
_UNKNOWN = 0.05  # share of tokens above which a vocabulary hardly fits


@dataclass(frozen=True, eq=False)
class Store:
    """All tokens of all documents, on disk.

    Attributes:
        tokens: ids, (tokens,).
        begins: whether a word begins, bool (tokens,).
        ends: after the last token of each document, int64 (documents,).
        draws: a random number for each document, from its text and the seed, uint64 (documents,).
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
        """The indices of the documents to learn from, and of held-out ones; equal texts are on the same side.

        Raises:
            DataError: there are no documents left to learn from.
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
                "no document is"
            )
        return np.sort(order[count:]), np.sort(order[:count])


@dataclass(frozen=True)
class _StoreFile:
    """The content of store.json."""

    source: Any


def write_store(
    folder: Path, texts: Iterable[str], tokenizer: Tokenizer, words: Words | EveryToken, *, seed: int, source: Any
) -> Store:
    """Encode texts, a few in memory at a time; those without a token are left out.

    Args:
        folder: created by this function.
        texts: all texts; iterated once.
        tokenizer: turns texts into tokens.
        words: says where words begin among the tokens.
        seed: determines which documents are held out.
        source: identifies the texts, fit for JSON; `open_store` compares it.

    Raises:
        DataError: the texts contain no token.
    """
    make_folder(folder)
    remove_file(folder / "store.json")
    ends, draws = array("Q"), array("Q")  # lists would take four times the memory, for millions of lines
    unknown = 0
    with named(folder), (folder / "tokens").open("wb") as tokens, (folder / "begins").open("wb") as begins:
        for group in _groups(texts):
            for text, encoding in zip(group, tokenizer.encode_all(group), strict=True):
                if len(encoding.ids):
                    _append(tokens, encoding.ids.astype(np.int32))
                    _append(begins, words.begins(text, encoding))
                    unknown += int((encoding.ids == tokenizer.vocabulary.unk_id).sum())
                    ends.append((ends[-1] if ends else 0) + len(encoding.ids))
                    draws.append(_draw(text, seed))
    if not ends:
        raise DataError("the texts to learn from contain no token")
    with named(folder):
        np.stack([np.frombuffer(each, np.uint64) for each in (ends, draws)]).tofile(folder / "documents")
    sync_tree(folder)
    with atomic_write(folder / "store.json") as file:
        json.dump({"source": source}, file, ensure_ascii=False)
    _log_size(len(ends), ends[-1], unknown)
    return _mapped(folder)


def open_store(folder: Path, *, source: Any) -> Store | None:
    """The store in a folder, if one was written completely.

    Raises:
        RunError: it was made from other texts.
    """
    path = folder / "store.json"
    if not path.is_file():
        return None
    if RUN_FILES.read(path, _StoreFile).source != source:
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
    RUN_FILES.check_present(folder / "documents")
    numbers = np.fromfile(folder / "documents", np.uint64)
    ends, draws = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
    count = int(ends[-1]) if len(ends) else 0
    for name, size in (("documents", 16 * len(ends)), ("tokens", 4 * count), ("begins", count)):
        RUN_FILES.check_present(folder / name)
        if not count or (folder / name).stat().st_size != size:
            raise RUN_FILES.refusal(folder / name, f"expected {size} bytes for the tokens of {len(ends)} documents")
    tokens = np.memmap(folder / "tokens", np.int32, mode="r")
    begins = np.memmap(folder / "begins", bool, mode="r")
    return Store(tokens, begins, ends.astype(np.int64), draws)


def _log_size(documents: int, tokens: int, unknown: int) -> None:
    logger.info("%d documents, %d tokens, %.2f %% of them unknown", documents, tokens, 100 * unknown / tokens)
    if unknown > _UNKNOWN * tokens:
        logger.warning(
            "%.1f %% of the tokens are not in the vocabulary; the encoder learns nothing about them",
            100 * unknown / tokens,
        )
