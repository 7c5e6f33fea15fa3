"""The tokens of a checkpoint in the order of their ids: read from vocab.txt or tokenizer.json, checked, written."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import tokenizers

from bert4ner.errors import CheckpointError, shown
from bert4ner.schema import parse_json
from bert4ner.text.bounded import read_bounded
from bert4ner.text.charsmap import check_normalizer
from bert4ner.text.library_errors import library_errors, probe
from bert4ner.text.rules import Rules, read_object, read_rules

SPACE = "[unused1]"
"""Stands for a character of white space, which BERT vocabularies do not know."""
_HALF = re.compile("[\ud800-\udfff]")
_MOST_TOKENS = 2_000_000
_SPECIAL = {
    "padding": ("[PAD]", "<pad>"),
    "unknown": ("[UNK]", "<unk>"),
    "first": ("[CLS]", "<s>"),
    "last": ("[SEP]", "</s>"),
}


class Vocabulary:
    """The tokens of a checkpoint in the order of their ids.

    Attributes:
        tokens: all tokens; ids: token -> id; pad_id, unk_id, cls_id, sep_id: the special ones.
        rules: what else decides what a text becomes.

    Raises:
        CheckpointError: a token is empty or occurs twice, or a special token is missing.
    """

    kind = "word pieces"
    file_name = "vocab.txt"
    normalizes = False
    rules: Rules

    def __init__(self, tokens: Sequence[str], *, where: str | Path = "vocabulary", rules: Rules | None = None) -> None:
        self.tokens, self.rules, self._where = tuple(tokens), rules or Rules(), where
        self.ids: dict[str, int] = {}
        for number, token in enumerate(self.tokens):
            if not token:
                raise CheckpointError(f"{where}:{number + 1}: empty line; expected one token on every line")
            if token in self.ids:
                raise CheckpointError(
                    f"{where}:{number + 1}: token {shown(token)} stands on line {self.ids[token] + 1} already; every "
                    "token has one id, take the file that came with the checkpoint"
                )
            self.ids[token] = number
        found = [self._special(part, names, where) for part, names in _SPECIAL.items()]
        self.pad_id, self.unk_id, self.cls_id, self.sep_id = found
        self.space_id = self.ids.get(SPACE, self.unk_id)

    def _special(self, part: str, names: tuple[str, ...], where: str | Path) -> int:
        """The id of the token that the rules name for a part, or of the first of some names."""
        said = self.rules.specials.get(part)
        found = next((self.ids[name] for name in (said, *names) if name in self.ids), None)
        if found is None:
            raise CheckpointError(f"{where}: {names[0]} is missing; this is no vocabulary of the BERT family")
        return found

    def __len__(self) -> int:
        return len(self.tokens)

    def identity(self, tokens: str) -> tuple[object, ...]:
        """What vocabularies share that make the same of texts cut into tokens of a kind; rare characters apart."""
        return self.tokens, json.dumps(self.rules.to_dict(), sort_keys=True) if tokens == "wordpiece" else ""

    def with_rules(self, rules: Rules, *, where: str | Path) -> "Vocabulary":
        """The same tokens under other rules; raises as the class."""
        return Vocabulary(self.tokens, where=where, rules=rules)

    def find(self, text: str) -> int | None:
        """The id of the token that is just this text, else of that which begins a word so; None where there is none."""
        return self.ids.get(text)

    def surfaces(self) -> Iterator[tuple[str, bool, int]]:
        """Of each token that stands for text this text, whether a blank precedes it, and the id."""
        return ((token, False, number) for number, token in enumerate(self.tokens))

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read a vocab.txt, one token per line.

        Raises:
            CheckpointError: no readable UTF-8 text file, or a bad line (see the class).
        """
        content = read_bounded(Path(path))
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise CheckpointError(f"{path}:{line}: not UTF-8; take the file that came with the checkpoint") from None
        if text.count("\n") > _MOST_TOKENS:
            raise CheckpointError(f"{path}: more than {_MOST_TOKENS} lines are no vocabulary of an encoder")
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
        content = read_bounded(Path(path))
        try:
            described = parse_json(content)
            kind, ids = described["model"]["type"], dict(described["model"]["vocab"])
            ids.update((added["content"], added["id"]) for added in described.get("added_tokens") or [])
            tokens = sorted(ids, key=lambda token: ids[token])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path}: not a readable tokenizer.json: {shown(str(error))}") from None
        if kind != "WordPiece":
            raise CheckpointError(f"{path}: expected a WordPiece vocabulary, found {shown(kind)}")
        if [ids[token] for token in tokens] != list(range(len(tokens))):
            raise CheckpointError(f"{path}: expected tokens numbered 0 to {len(tokens) - 1}, each once")
        halves = [token for token in tokens if _HALF.search(token)]
        if halves:
            raise CheckpointError(f"{path}: token {shown(halves[0])} holds half a character, which no text does")
        return cls(tokens, where=path)

    def fits(self, rows: int) -> bool:
        """Whether an embedding of so many rows may be of this vocabulary; many have rows to spare."""
        return rows >= len(self)

    @classmethod
    def of_folder(cls, folder: Path) -> tuple["Vocabulary", Path]:
        """The vocabulary of a pretrained folder and its file: vocab.txt, else tokenizer.json, else another vocab*.txt.

        Raises:
            CheckpointError: as `load`, `from_tokenizer_json` and `check_agrees`, or there are several others.
        """
        path, fast, others = folder / "vocab.txt", folder / "tokenizer.json", sorted(folder.glob("*vocab*.txt"))
        if not path.is_file() and not fast.is_file() and len(others) > 1:
            names = ", ".join(other.name for other in others)
            raise CheckpointError(f"{folder}: expected one vocabulary, found {names}; name one vocab.txt")
        if path.is_file() or not fast.is_file():
            found = path if path.is_file() or not others else others[0]
            plain = cls.load(found)
            plain.check_agrees(fast)
            plain = plain.with_added(folder / "added_tokens.json")
        else:
            found, plain = fast, cls.from_tokenizer_json(fast)
        return plain.with_rules(read_rules(folder, plain.tokens), where=found), found

    def check_agrees(self, path: Path) -> None:
        """Refuse a tokenizer.json with word pieces, if there is one, that gives a token another id.

        Tokens that only one of the two files has are no contradiction: people replace [unused1] in vocab.txt alone.

        Raises:
            CheckpointError: it gives one, or cannot be read.
        """
        model = read_object(path).get("model")
        ids = model.get("vocab") if isinstance(model, dict) and model.get("type") == "WordPiece" else None
        for token, number in ids.items() if isinstance(ids, dict) else ():
            if self.ids.get(token, number) != number:
                raise CheckpointError(
                    f"{path}: token {shown(token)} has the id {shown(number)}, but {self.ids[token]} in {self._where}; "
                    "keep the file that came with the weights"
                )

    def with_added(self, path: Path) -> "Vocabulary":
        """The same with the tokens that an added_tokens.json puts behind, if there is such a file.

        Raises:
            CheckpointError: it cannot be read, or an id leaves a gap or is another token's.
        """
        try:
            added = {token: int(number) for token, number in read_object(path).items()}
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"{path}: not a readable added_tokens.json: {shown(str(error))}") from None
        if not added:
            return self
        tokens = [*self.tokens, *sorted(added.keys() - self.ids.keys(), key=lambda token: added[token])]
        for token, number in added.items():
            if not 0 <= number < len(tokens) or tokens[number] != token:
                raise CheckpointError(
                    f"{path}: token {shown(token)} has the id {number}, which is taken or leaves a gap"
                )
        return type(self)(tokens, where=path)

    def to_text(self) -> str:
        """The content of a vocab.txt that `load` reads back."""
        return "".join(f"{token}\n" for token in self.tokens)

    def library(self) -> tokenizers.Tokenizer:
        """What `WordPieceTokenizer` segments text with.

        Raises:
            CheckpointError: its rules are none that the library knows.
        """
        # Special tokens are not registered: "[SEP]" in a text is text.
        model = {"continuing_subword_prefix": "##", "max_input_chars_per_word": 100, **self.rules.model}
        described: dict[str, object] = {
            "version": "1.0",
            "added_tokens": [],
            "normalizer": self.rules.normalizer,
            "pre_tokenizer": self.rules.pre_tokenizer,
            "model": {"type": "WordPiece", "unk_token": self.tokens[self.unk_id], **model, "vocab": self.ids},
        }
        where = f"{self._where}: how it cuts text cannot be read"
        with library_errors(where):
            try:
                check_normalizer(self.rules.normalizer)
            except CheckpointError as error:
                raise CheckpointError(f"{where}: {error}") from None
            library = tokenizers.Tokenizer.from_str(json.dumps(described))
            library.add_tokens([name for name in self.rules.added if name in self.ids])
            probe(library)
        return library
