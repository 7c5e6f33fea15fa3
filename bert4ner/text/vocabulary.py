"""The tokens of a checkpoint in the order of their ids: read from vocab.txt or tokenizer.json, checked, written."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

from bert4ner.errors import CheckpointError

SPACE = "[unused1]"
"""Stands for a character of white space, which BERT vocabularies do not know."""


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
