"""From text to token ids with exact character offsets: one token per character, or WordPiece.

Special tokens around a sequence and padding belong to `batches`; what a text says about [CLS] stays text.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

from bert4ner.errors import CheckpointError, ConfigError

SPACE = "[unused1]"
"""Stands for a character of white space, which BERT vocabularies do not know."""
_SPACES = re.compile(r"\s")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Vocabulary:
    """The tokens of a checkpoint in the order of their ids.

    Attributes:
        tokens: all tokens; ids: token -> id; pad_id, unk_id, cls_id, sep_id: the special ones.

    Raises:
        CheckpointError: a token is empty or occurs twice, or a special token is missing ([PAD] must be 0).
    """

    file_name = "vocab.txt"
    normalizes = False

    def __init__(self, tokens: Sequence[str], *, where: str | Path = "vocabulary") -> None:
        self.tokens = tuple(tokens)
        self.ids: dict[str, int] = {}
        for number, token in enumerate(self.tokens):
            if not token:
                raise CheckpointError(f"{where}:{number + 1}: empty line; expected one token on every line")
            if token in self.ids:
                raise CheckpointError(
                    f"{where}:{number + 1}: token {token!r} stands on line {self.ids[token] + 1} already; every token "
                    "has one id, take the file that came with the checkpoint"
                )
            self.ids[token] = number
        if self.ids.get("[PAD]") != 0:
            found = self.tokens[0] if self.tokens else "nothing"
            raise CheckpointError(f"{where}:1: expected [PAD] on the first line (padding has id 0), found {found!r}")
        for token in ("[UNK]", "[CLS]", "[SEP]"):
            if token not in self.ids:
                raise CheckpointError(f"{where}: {token} is missing; this is no vocabulary of the BERT family")
        self.pad_id, self.unk_id = 0, self.ids["[UNK]"]
        self.cls_id, self.sep_id = self.ids["[CLS]"], self.ids["[SEP]"]
        self.space_id = self.ids.get(SPACE, self.unk_id)

    def __len__(self) -> int:
        return len(self.tokens)

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read a vocab.txt, one token per line.

        Raises:
            CheckpointError: no readable UTF-8 text file, or a bad line (see the class).
        """
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise CheckpointError(f"{path}:{line}: not UTF-8; take the file that came with the checkpoint") from None
        # Not str.splitlines: some vocabularies have a line separator as a token.
        lines = text.removeprefix("\ufeff").split("\n")
        if lines[-1] == "":
            lines.pop()
        return cls([line.removesuffix("\r") for line in lines], where=path)

    @classmethod
    def from_tokenizer_json(cls, path: str | Path) -> "Vocabulary":
        """Read the vocabulary of a WordPiece model from a tokenizer.json.

        Raises:
            CheckpointError: no such file, another kind of model, ids that are not 0, 1, 2 and so on, or a bad token.
        """
        try:
            described = json.loads(Path(path).read_bytes().decode("utf-8"))
            kind, ids = described["model"]["type"], dict(described["model"]["vocab"])
            ids.update((added["content"], added["id"]) for added in described.get("added_tokens") or [])
            tokens = sorted(ids, key=lambda token: ids[token])
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path}: not a readable tokenizer.json: {error}") from None
        if kind != "WordPiece":
            raise CheckpointError(f"{path}: expected a WordPiece vocabulary, found {kind}")
        if [ids[token] for token in tokens] != list(range(len(tokens))):
            raise CheckpointError(f"{path}: expected tokens numbered 0 to {len(tokens) - 1}, each once")
        return cls(tokens, where=path)

    def fits(self, rows: int) -> bool:
        """Whether an embedding of so many rows may be of this vocabulary."""
        return rows == len(self)

    @classmethod
    def of_folder(cls, folder: Path) -> tuple["Vocabulary", Path]:
        """The vocabulary of a pretrained folder and its file: vocab.txt, else tokenizer.json, else another vocab*.txt.

        Raises:
            CheckpointError: as `load` and `from_tokenizer_json`, or there are several others.
        """
        path, fast, others = folder / "vocab.txt", folder / "tokenizer.json", sorted(folder.glob("*vocab*.txt"))
        if not path.is_file() and fast.is_file():
            return cls.from_tokenizer_json(fast), fast
        if not path.is_file() and len(others) > 1:
            names = ", ".join(other.name for other in others)
            raise CheckpointError(f"{folder}: expected one vocabulary, found {names}; name one vocab.txt")
        found = path if path.is_file() or not others else others[0]
        return cls.load(found), found

    def to_text(self) -> str:
        """The content of a vocab.txt that `load` reads back."""
        return "".join(f"{token}\n" for token in self.tokens)

    def library(self) -> tokenizers.Tokenizer:
        """What `WordPieceTokenizer` segments text with."""
        # Special tokens are not registered: "[SEP]" in a text is text.
        library = tokenizers.Tokenizer(models.WordPiece(vocab=self.ids, unk_token="[UNK]"))
        library.normalizer = normalizers.BertNormalizer(lowercase=True, handle_chinese_chars=True)
        library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        return library

    def trimmed(self, text: str, ids: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the library found, ids (tokens,) and offsets (tokens, 2), without characters that tokens do not mean."""
        return ids, offsets


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
