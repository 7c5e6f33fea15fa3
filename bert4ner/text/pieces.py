"""Vocabularies of pieces: SentencePiece's unigram models (XLNet, T5, XLM-R) and byte pairs (RoBERTa, ModernBERT).

Read from spiece.model, sentencepiece.bpe.model, tokenizer.json, or vocab.json and merges.txt; the package tokenizers
segments text.
"""

import copy
import functools
import json
from collections.abc import Iterator
from pathlib import Path

import tokenizers

from bert4ner.errors import CheckpointError
from bert4ner.text.piece_files import PAIRS, PIECE_NAMES, in_order, read_pieces
from bert4ner.text.piece_settings import CONFIGURATIONS, MARK
from bert4ner.text.rules import ADDED, FAST, SETTINGS, Rules, read_object, special_names
from bert4ner.text.vocabulary import Vocabulary

_BLANK = "\u0120"  # how byte-level vocabularies write a space
_PADDING, _ENDS = ("<pad>", "[PAD]"), ("<sep>", "[SEP]", "</s>", "<eos>")
_BEGINNINGS = ("<cls>", "[CLS]", "<s>", "<bos>")
_UNKNOWN = ("<unk>", "[UNK]")


class PieceVocabulary(Vocabulary):
    """The pieces of a unigram or byte-pair model in the order of their ids, and what normalizes and segments text.

    The token before a text is the one in the folder's files, else <cls> (XLNet) or <s> (XLM-R); after it comes <sep> or
    </s>. Without a token for the front, </s> is used there, too (T5). The padding id is that of <pad>, 0 or not;
    networks of these families mask only this id.

    Args:
        library: the model. Names of special pieces begin with a space, which no normalized text contains.

    Raises:
        CheckpointError: there is no piece for padding, for unknown text or for the end of a text.
    """

    file_name = FAST
    normalizes = True

    def __init__(
        self, library: tokenizers.Tokenizer, *, where: str | Path = "vocabulary", rules: Rules | None = None
    ) -> None:
        described = json.loads(library.to_str())
        model = described["model"]  # get_vocab has each name only once
        self._library, self._unigram, self._unknown = library, model["type"] == "Unigram", model.get("unk_id")
        around = json.dumps([described["normalizer"], described["pre_tokenizer"]])
        self.bytewise = not self._unigram and '"ByteLevel"' in around
        names = in_order(model["vocab"])
        self.tokens = tuple(name.removeprefix(" ") for name in names)
        self.ids = {token: number for number, token in enumerate(self.tokens)}
        self._name(rules or Rules(), where)

    def _name(self, rules: Rules, where: str | Path) -> None:
        """Take rules, and find the special pieces that they name."""
        self.rules = rules
        self.pad_id = self._first("padding", _PADDING, where)
        self.sep_id = self._first("last", _ENDS, where)
        self.cls_id = self._first("first", (*_BEGINNINGS, *_ENDS), where)
        self.unk_id = self._find_unknown(where)
        self.space_id = self.ids.get(_BLANK if self.bytewise else MARK, self.unk_id)

    @property
    def kind(self) -> str:  # type: ignore[override]  # which it is its file decides
        """The kind of pieces, for messages."""
        if self._unigram:
            return "SentencePiece, a unigram model"
        return "byte pairs of bytes" if self.bytewise else "byte pairs"

    def _first(self, part: str, names: tuple[str, ...], where: str | Path) -> int:
        said = self.rules.specials.get(part)
        found = next((self.ids[name] for name in (said, *names) if name in self.ids), None)
        if found is None:
            raise CheckpointError(f"{where}: expected one of the pieces {', '.join(names)}, found none")
        return found

    def _find_unknown(self, where: str | Path) -> int:
        if not self._unigram:  # bytes cover all text, so no piece for unknown text is needed
            return self._first("unknown", (*_UNKNOWN, *((self.tokens[self.sep_id],) if self.bytewise else ())), where)
        if self._unknown is None:
            raise CheckpointError(f"{where}: expected the id of a piece for unknown text, found none")
        return int(self._unknown)

    @classmethod
    def load(cls, path: str | Path) -> "PieceVocabulary":
        """Read a SentencePiece model, a tokenizer.json, or a vocab.json with the merges.txt beside it.

        Raises:
            CheckpointError: no such file, damaged, or no model of these kinds.
        """
        return cls(read_pieces(Path(path)), where=path)

    def with_rules(self, rules: Rules, *, where: str | Path) -> "PieceVocabulary":
        """The same pieces under other rules, which here concern white space and special tokens; raises as the class."""
        changed = copy.copy(self)  # the pieces may be a quarter of a million
        PieceVocabulary._name(changed, rules, where)
        return changed

    def find(self, text: str) -> int | None:
        """The id of the piece with exactly this text, else of the piece that begins a word with it, or None."""
        written, blank = text, MARK
        if self.bytewise:
            written, blank = "".join(_LETTERS[byte] for byte in text.encode("utf-8")), _BLANK
        return self.ids.get(written, self.ids.get(blank + written))

    def surfaces(self) -> Iterator[tuple[str, bool, int]]:
        """The text of each piece that has one, whether a space precedes it, and the id."""
        for number, token in enumerate(self.tokens):
            text = _decoded(token) if self.bytewise else token.replace(MARK, " ")
            if text is not None:
                yield (text[1:], True, number) if len(text) > 1 and text[0] == " " else (text, False, number)

    def to_text(self) -> str:
        """The content of a tokenizer.json that `load` reads back."""
        return self._library.to_str()

    def library(self) -> tokenizers.Tokenizer:
        """The tokenizer of the package `tokenizers`."""
        return self._library


def _byte_letters() -> dict[str, int]:
    """The letters that byte-level vocabularies use for bytes, as in GPT-2."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTES = _byte_letters()
_LETTERS = {byte: letter for letter, byte in _BYTES.items()}


def _decoded(token: str) -> str | None:
    """The text of a byte-level token; None if it is not byte-level, or ends inside a character."""
    try:
        return bytes([_BYTES[letter] for letter in token]).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None


def open_vocabulary(folder: Path) -> tuple[Vocabulary, Path]:
    """The vocabulary of a folder and its file: pieces if there is a model of pieces and no vocab*.txt.

    Raises:
        CheckpointError: as `Vocabulary.of_folder` and `PieceVocabulary.load`.
    """
    path = None if any(folder.glob("*vocab*.txt")) else _piece_file(folder)
    if path is None:
        return Vocabulary.of_folder(folder)
    rules = Rules(covered=True, normalizer=None, pre_tokenizer=None, specials=special_names(folder))
    beside = (folder / name for name in (PAIRS[1], ADDED, SETTINGS, *CONFIGURATIONS))
    return _load_once(path, (_state(path), *map(_state, beside))).with_rules(rules, where=path), path


def _state(path: Path) -> tuple[int, ...]:
    """What changes if a file does; empty where there is none."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_mtime_ns, state.st_size, state.st_ino


@functools.lru_cache(maxsize=1)
def _load_once(path: Path, states: tuple[tuple[int, ...], ...]) -> PieceVocabulary:
    """As `PieceVocabulary.load`, which for a quarter of a million pieces takes seconds; a folder is opened often."""
    return PieceVocabulary.load(path)


def _piece_file(folder: Path) -> Path | None:
    fast = folder / FAST
    if fast.is_file():
        return None if _is_of_words(fast, _state(fast)) else fast
    found = next((folder / name for name in PIECE_NAMES if (folder / name).is_file()), None)
    return found or (folder / PAIRS[0] if all((folder / name).is_file() for name in PAIRS) else None)


@functools.lru_cache(maxsize=4)
def _is_of_words(path: Path, state: tuple[int, ...]) -> bool:
    model = read_object(path).get("model")
    return isinstance(model, dict) and model.get("type") == "WordPiece"
