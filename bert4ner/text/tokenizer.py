"""From text to token ids with exact character offsets: one token per character, or WordPiece.

Special tokens around a sequence and padding belong to `encoded`; what a text says about [CLS] stays text.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert4ner.errors import ConfigError
from bert4ner.text.vocabulary import Vocabulary

_SPACES = re.compile(r"\s")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """The tokens of a text without [CLS] and [SEP]: ids, and the characters [start, end) of each, int32 (tokens,)."""

    ids: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


class CharacterTokenizer:
    """Exactly one token per character, so that no digit and no Latin word hides the boundary of an entity.

    A character is looked up as it is, then as its lower case if that is one character, then, where the vocabulary is
    one of normalized text, in compatibility form (NFKC).
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        table = np.full(0x110000, -1, dtype=np.int32)  # (codepoints,)
        for token, number in vocabulary.ids.items():
            if len(token) == 1:
                table[ord(token)] = number
        for codepoint in range(0x20000):  # the planes with letters that have a case
            character = chr(codepoint)
            lower = character.lower()
            if table[codepoint] < 0 and lower != character and len(lower) == 1:
                table[codepoint] = vocabulary.ids.get(lower, -1)
            if table[codepoint] < 0 and vocabulary.normalizes:
                normal = unicodedata.normalize("NFKC", character)
                table[codepoint] = vocabulary.ids.get(normal, vocabulary.ids.get(normal.lower(), -1))
            if character.isspace():
                table[codepoint] = vocabulary.space_id
        table[table < 0] = vocabulary.unk_id
        self._table = table

    def encode(self, text: str) -> Encoding:
        """Token i is character i."""
        codepoints = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")  # (length,)
        places = np.arange(len(codepoints) + 1, dtype=np.int32)
        return Encoding(self._table[codepoints], places[:-1], places[1:])

    def encode_all(self, texts: Sequence[str]) -> list[Encoding]:
        """`encode` for every text."""
        return [self.encode(text) for text in texts]


class WordPieceTokenizer:
    """BERT's WordPiece in lower case, Chinese characters apart, or pieces; every character is in exactly one token.

    White space has its own tokens, one for each character, as in `CharacterTokenizer`. What BERT drops (control
    characters) is a token [UNK] of one character; a combining mark belongs to the token before it. A character that
    BERT would decompose into several tokens (Hangul) keeps the first. So there are never more tokens than characters.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._library = vocabulary.library()

    def encode(self, text: str) -> Encoding:
        """Tokens with offsets in the characters of `text` as given, not of its normalized form."""
        found = self._library.encode(_prepared(text), add_special_tokens=False)
        return self._covering(text, np.array(found.ids, dtype=np.int32), np.array(found.offsets, dtype=np.int32))

    def encode_all(self, texts: Sequence[str]) -> list[Encoding]:
        """`encode` for every text, on all cores."""
        batch = self._library.encode_batch([_prepared(text) for text in texts], add_special_tokens=False)
        return [
            self._covering(text, np.array(found.ids, dtype=np.int32), np.array(found.offsets, dtype=np.int32))
            for text, found in zip(texts, batch, strict=True)
        ]

    def _covering(self, text: str, ids: np.ndarray, offsets: np.ndarray) -> Encoding:
        """Turn the library's tokens (tokens,), (tokens, 2) into ones that tile the text."""
        ids, offsets = self.vocabulary.trimmed(text, ids, offsets.reshape(-1, 2))
        starts, ends = offsets.T  # (tokens,), (tokens,)
        reached = np.maximum.accumulate(np.append(np.int32(0), ends))[:-1]  # (tokens,)
        starts = np.maximum(starts, reached)
        kept = starts < ends
        ids, starts, ends = ids[kept], starts[kept], ends[kept]
        depth = np.bincount(starts, minlength=len(text) + 1) - np.bincount(ends, minlength=len(text) + 1)
        holes = np.flatnonzero(np.cumsum(depth)[:-1] == 0).astype(np.int32)  # (holes,)
        if len(holes):
            kinds = [_kind(text[hole]) for hole in holes.tolist()]
            names = {"space": self.vocabulary.space_id, "mark": -1, "other": self.vocabulary.unk_id}
            order = np.argsort(np.append(starts, holes), kind="stable")
            starts = np.append(starts, holes)[order]
            ids = np.append(ids, np.array([names[kind] for kind in kinds], dtype=np.int32))[order]
            spaces = np.append(np.zeros(len(order) - len(holes), bool), [kind == "space" for kind in kinds])[order]
            joins = (ids < 0) & ~np.append(True, spaces[:-1])
            ids, starts = np.where(ids < 0, self.vocabulary.unk_id, ids)[~joins], starts[~joins]
        ends = np.append(starts[1:], np.int32(len(text)))[: len(starts)]
        return Encoding(ids.astype(np.int32), starts.astype(np.int32), ends.astype(np.int32))


def _prepared(text: str) -> str:
    """The text in equally many characters that the library takes: it drops some white space and refuses surrogates."""
    return _SURROGATES.sub("\ufffd", _SPACES.sub(" ", text))


def _kind(character: str) -> str:
    if character.isspace():
        return "space"
    return "mark" if unicodedata.category(character)[0] == "M" else "other"


Tokenizer = CharacterTokenizer | WordPieceTokenizer


def make_tokenizer(kind: str, vocabulary: Vocabulary) -> Tokenizer:
    """The tokenizer that `config.windows.tokens` names.

    Raises:
        ConfigError: unknown kind.
    """
    if kind == "characters":
        return CharacterTokenizer(vocabulary)
    if kind == "wordpiece":
        return WordPieceTokenizer(vocabulary)
    raise ConfigError(f"tokens must be 'characters' or 'wordpiece', got {kind!r}")


def token_span(encoding: Encoding, start: int, end: int) -> tuple[int, int] | None:
    """The tokens [i, j) that cover exactly the characters [start, end); None where a boundary falls inside a token."""
    first = int(np.searchsorted(encoding.starts, start))
    last = int(np.searchsorted(encoding.ends, end))
    if first > last or last >= len(encoding.ids):
        return None
    if encoding.starts[first] != start or encoding.ends[last] != end:
        return None
    return first, last + 1
