"""SentencePiece vocabularies (unigram language models) of XLNet, T5 and mT5: spiece.model or tokenizer.json.

A model file is read field by field, its library is not needed; the package tokenizers segments text.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray
from tokenizers import models, normalizers, pre_tokenizers

from bert4ner.errors import CheckpointError
from bert4ner.text.vocabulary import Vocabulary

PIECE_NAMES = ("tokenizer.json", "spiece.model", "sentencepiece.model", "sentencepiece.bpe.model")
_SPACE = "\u2581"
_NORMAL, _USER_DEFINED, _BYTE, _UNIGRAM = 1, 4, 6, 1
_PADDING, _ENDS = ("<pad>", "[PAD]"), ("<sep>", "[SEP]", "</s>")


class PieceVocabulary(Vocabulary):
    """The pieces of a unigram model in the order of their ids, and what normalizes and segments text.

    In front of a text stands <cls>, after it <sep>, where there are such pieces (XLNet), otherwise </s> at both places
    (T5). The id of padding is that of <pad>, 0 or not; networks of these families mask just that.

    Args:
        library: a unigram model. Pieces that stand for no text begin with a blank, which no normalized text holds.

    Raises:
        CheckpointError: there is no piece for padding, for unknown text or for an end.
    """

    file_name = "tokenizer.json"
    normalizes = True

    def __init__(self, library: tokenizers.Tokenizer, *, where: str | Path = "vocabulary") -> None:
        model = json.loads(library.to_str())["model"]  # get_vocab knows a name once only
        self._library, names = library, [name for name, _ in model["vocab"]]
        self.tokens = tuple(name.removeprefix(" ") for name in names)
        self.ids = {token: number for number, token in enumerate(self.tokens)}
        if model.get("unk_id") is None:
            raise CheckpointError(f"{where}: expected the id of a piece for unknown text, found none")
        self.unk_id = int(model["unk_id"])
        self.pad_id, self.sep_id = self._first(_PADDING, where), self._first(_ENDS, where)
        self.cls_id = self._first(("<cls>", "[CLS]", *_ENDS), where)
        self.space_id = self.ids.get(_SPACE, self.unk_id)

    def _first(self, names: tuple[str, ...], where: str | Path) -> int:
        found = next((self.ids[name] for name in names if name in self.ids), None)
        if found is None:
            raise CheckpointError(f"{where}: expected one of the pieces {', '.join(names)}, found none")
        return found

    @classmethod
    def load(cls, path: str | Path) -> "PieceVocabulary":
        """Read a SentencePiece model, or a tokenizer.json.

        Raises:
            CheckpointError: no such file, damaged, or no unigram model.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from None
        try:
            library = _from_json(content) if Path(path).suffix == ".json" else _from_model(content)
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from None
        except Exception as error:  # tokenizers raises bare Exception
            raise CheckpointError(f"{path}: not a readable vocabulary of pieces: {error}") from None
        return cls(library, where=path)

    def fits(self, rows: int) -> bool:
        """Whether an embedding of so many rows may be of this vocabulary; T5's have rows to spare."""
        return rows >= len(self)

    def to_text(self) -> str:
        """The content of a tokenizer.json that `load` reads back."""
        return self._library.to_str()

    def library(self) -> tokenizers.Tokenizer:
        """What segments text."""
        return self._library

    def trimmed(
        self, text: str, ids: NDArray[np.int32], offsets: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Tokens without the white space before them; those of white space alone, real or put first, fall away."""
        starts, ends = offsets.reshape(-1, 2).T  # (tokens,), (tokens,)
        spaces = np.array([character.isspace() for character in text] + [False])  # (length + 1,)
        nearest = np.where(spaces, len(text), np.arange(len(spaces)))
        following = np.minimum.accumulate(nearest[::-1])[::-1]  # first that is no space
        starts = np.minimum(following[starts], ends)
        kept = (ids != self.space_id) & (starts < ends)
        return ids[kept], np.stack([starts[kept], ends[kept]], axis=1).astype(np.int32)


def _from_json(content: bytes) -> tokenizers.Tokenizer:
    described: dict[str, Any] = json.loads(content.decode("utf-8"))
    model = described["model"]
    if model.get("type") != "Unigram":
        raise CheckpointError(f"expected a model of type Unigram, found {model.get('type')}")
    pieces = [list(piece) for piece in model["vocab"]]
    for added in described.get("added_tokens") or []:  # what a text says about <sep> stays text
        if added["id"] > len(pieces):
            name, number = added["content"], added["id"]
            raise CheckpointError(f"token {name!r}: expected an id up to {len(pieces)}, found {number}")
        if added["id"] == len(pieces):
            pieces.append([added["content"], 0.0])
        elif added.get("special") and not pieces[added["id"]][0].startswith(" "):
            pieces[added["id"]][0] = " " + pieces[added["id"]][0]
    emptied: dict[str, Any] = {"added_tokens": [], "post_processor": None, "truncation": None, "padding": None}
    return tokenizers.Tokenizer.from_str(json.dumps({**described, "model": {**model, "vocab": pieces}, **emptied}))


def _from_model(content: bytes) -> tokenizers.Tokenizer:
    """Field numbers are those of sentencepiece_model.proto."""
    pieces: list[tuple[str, float]] = []
    unknown, kind, charsmap = 0, _UNIGRAM, b""
    for field, value in _fields(content):
        if field == 1:
            piece = dict(_fields(value))
            name, sort = piece[1].decode("utf-8"), piece.get(3, _NORMAL)
            unknown = len(pieces) if sort == 2 else unknown
            score = struct.unpack("<f", piece[2])[0] if 2 in piece else 0.0
            pieces.append((name if sort in (_NORMAL, _USER_DEFINED, _BYTE) else " " + name, score))
        elif field == 2:
            kind = dict(_fields(value)).get(3, _UNIGRAM)
        elif field == 3:
            charsmap = dict(_fields(value)).get(2, b"")
    if kind != _UNIGRAM or not pieces:
        raise CheckpointError("expected a SentencePiece model of type unigram; others are not read")
    library = tokenizers.Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    if charsmap:
        library.normalizer = normalizers.Precompiled(charsmap)
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")]
    )
    return library


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a protobuf message: number, and a whole number or bytes.

    Raises:
        CheckpointError: it is none, or ends too early.
    """
    place = 0
    while place < len(content):
        key, place = _varint(content, place)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(content, place)
            yield field, value
            continue
        size = {1: 8, 5: 4}.get(wire)
        if wire == 2:
            size, place = _varint(content, place)
        if size is None or not field or place + size > len(content):
            raise CheckpointError("not a SentencePiece model, or truncated")
        yield field, content[place : place + size]
        place += size


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(content) and shift < 64:
        byte = content[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place
    raise CheckpointError("not a SentencePiece model, or truncated")


def open_vocabulary(folder: Path) -> tuple[Vocabulary, Path]:
    """The vocabulary of a folder and its file: pieces if there is no vocab*.txt but a unigram model.

    Raises:
        CheckpointError: as `Vocabulary.of_folder` and `PieceVocabulary.load`.
    """
    if not any(folder.glob("*vocab*.txt")):
        path = next((folder / name for name in PIECE_NAMES if (folder / name).is_file()), None)
        if path is not None and (path.suffix != ".json" or b'"Unigram"' in path.read_bytes()):
            return PieceVocabulary.load(path), path
    return Vocabulary.of_folder(folder)
