"""A SentencePiece model file, read field by field without its library; field numbers are those of its .proto."""

import struct
from collections.abc import Iterator
from typing import Any

import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

from bert4ner.errors import CheckpointError, shown
from bert4ner.text.charsmap import check_charsmap
from bert4ner.text.piece_settings import CAMEMBERT, XLM_ROBERTA, PieceSettings

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _BYTE = 1, 2, 3, 4, 6
_UNIGRAM, _PAIRS = 1, 2
_BYTE_FALLBACK = 35  # a field of what a model was trained with
_LONGEST = 256  # characters of a byte pair, which is tried at each place of it; SentencePiece writes up to 16
_FIRST = {
    XLM_ROBERTA: ("<s>", "<pad>", "</s>", "<unk>"),
    CAMEMBERT: ("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"),
}
"""What stands there before the file's pieces; XLM-R leaves out the first three of these, CamemBERT the first."""
_LEFT_OUT = {XLM_ROBERTA: ("<unk>", "<s>", "</s>"), CAMEMBERT: ("<unk>",)}

_Piece = tuple[str, float, int]  # name, score, sort


def read_model(content: bytes, settings: PieceSettings | None = None) -> tokenizers.Tokenizer:
    """What segments text as a model of the kind unigram or BPE; pieces that stand for no text begin with a blank.

    Args:
        content: of the file.
        settings: what is done around it; None: nothing.

    Raises:
        CheckpointError: no such model, or damaged.
    """
    settings = settings or PieceSettings()
    pieces: list[_Piece] = []
    trained: dict[int, Any] = {}
    charsmap = b""
    for field, value in _fields(content):
        if field == 1:
            pieces.append(_piece(dict(_fields(value))))
        elif field == 2:
            trained = dict(_fields(value))
        elif field == 3:
            charsmap = dict(_fields(value)).get(2, b"")
    kind = trained.get(3, _UNIGRAM)
    if kind not in (_UNIGRAM, _PAIRS) or not pieces:
        raise CheckpointError(
            "expected a SentencePiece model of type unigram or BPE; save a tokenizer.json beside it: in transformers "
            "AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)"
        )
    if settings.numbering is not None:
        pieces = _renumbered(pieces, settings.numbering)
    unknown = next((number for number, (*_, sort) in enumerate(pieces) if sort == _UNKNOWN), 0)
    if kind == _UNIGRAM:
        scored = [(name, settings.score(name, score)) for name, score, _ in pieces]
        library = tokenizers.Tokenizer(models.Unigram(scored, unk_id=unknown, byte_fallback=False))
    else:
        library = tokenizers.Tokenizer(_byte_pairs(pieces, unknown, bytewise=bool(trained.get(_BYTE_FALLBACK))))
    _surround(library, settings, charsmap)
    return library


def _surround(library: tokenizers.Tokenizer, settings: PieceSettings, charsmap: bytes) -> None:
    """Give the library what happens to a text before its model sees it."""
    before = settings.normalizers()
    if charsmap:
        check_charsmap(charsmap)
        before.append(normalizers.Precompiled(charsmap))
    if before:
        library.normalizer = before[0] if len(before) == 1 else normalizers.Sequence(before)
    library.pre_tokenizer = pre_tokenizers.Sequence(settings.pre_tokenizers())


def _piece(fields: dict[int, Any]) -> _Piece:
    name, sort = fields[1].decode("utf-8"), fields.get(3, _NORMAL)
    score = struct.unpack("<f", fields[2])[0] if 2 in fields else 0.0
    return name if sort in (_NORMAL, _USER_DEFINED, _BYTE) else " " + name, score, sort


def _renumbered(pieces: list[_Piece], numbering: str) -> list[_Piece]:
    """The pieces as fairseq's families number them: <unk>, <s>, </s> come first in their files."""
    head = {name.removeprefix(" ") for name, *_ in pieces[:3]}
    if head != {"<unk>", "<s>", "</s>"}:
        raise CheckpointError(f"expected <unk>, <s>, </s> first, as in XLM-R, found {shown(sorted(head))}")
    special = [(" " + name, 0.0, _UNKNOWN if name == "<unk>" else _CONTROL) for name in _FIRST[numbering]]
    head_kept = [piece for piece in pieces[:3] if piece[0].removeprefix(" ") not in _LEFT_OUT[numbering]]
    return [*special, *head_kept, *pieces[3:], (" <mask>", 0.0, _CONTROL)]


def _byte_pairs(pieces: list[_Piece], unknown: int, *, bytewise: bool) -> models.BPE:
    """BPE as SentencePiece does it: of two neighbours that make a piece, those of the best piece are joined first."""
    if any(len(name) > _LONGEST for name, *_ in pieces):
        raise CheckpointError(f"expected pieces of at most {_LONGEST} characters")
    normal = {name: (-score, number) for number, (name, score, sort) in enumerate(pieces) if sort == _NORMAL}
    merges = sorted(
        (rank, name[:place], name[place:])
        for name, rank in normal.items()
        for place in range(1, len(name))
        if name[:place] in normal and name[place:] in normal
    )
    return models.BPE(
        {name: number for number, (name, *_) in enumerate(pieces)},
        [(first, second) for _, first, second in merges],
        unk_token=pieces[unknown][0],
        fuse_unk=True,
        byte_fallback=bytewise,
    )


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
