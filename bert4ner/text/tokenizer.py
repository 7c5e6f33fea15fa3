"""From text to token ids with exact character offsets: one token per character, or WordPiece.

`encoded` adds special tokens and padding; [CLS] in a text stays text.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from bert4ner.errors import ConfigError
from bert4ner.text.character_kinds import SPACE, codepoints, kinds
from bert4ner.text.token_places import Encoding, Found, covered, tiled
from bert4ner.text.vocabulary import Vocabulary

_SPACES = re.compile(r"\s")
_UNDECIDED = -1  # a character that is looked up when it is met
_SURROGATES = re.compile("[\ud800-\udfff]")


class CharacterTokenizer:
    """Exactly one token per character, so that no digit or Latin word hides the boundary of an entity.

    A character is looked up as it is, then as its lower case if that is one character, then in the form that the
    vocabulary's normalizer gives it (XLM-R has `，` as `,`); each first by itself, then as the beginning of a word, the
    form in which some pieces have it only. A character of several tokens has the first of them.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._library = vocabulary.library()
        table = np.full(0x110000, _UNDECIDED, dtype=np.int32)  # (codepoints,)
        for text, led, number in vocabulary.surfaces():
            if len(text) == 1 and not led:
                table[ord(text)] = number
        if not vocabulary.rules.covered:
            for codepoint in np.flatnonzero(table[:0x20000] == _UNDECIDED).tolist():  # letters that have a case
                table[codepoint] = self._as_before(chr(codepoint))
            table[table == _UNDECIDED] = vocabulary.unk_id
        table[kinds() == SPACE] = vocabulary.space_id
        self._table = table

    def encode(self, text: str) -> Encoding:
        """Token i is character i."""
        characters = codepoints(text)
        places = np.arange(len(characters) + 1, dtype=np.int32)
        ids = self._table[characters]
        if (ids == _UNDECIDED).any():
            for codepoint in np.unique(characters[ids == _UNDECIDED]).tolist():
                self._table[codepoint] = self._found(chr(codepoint))
            ids = self._table[characters]
        return Encoding(ids, places[:-1], places[1:])

    def encode_all(self, texts: Sequence[str]) -> list[Encoding]:
        """`encode` for every text."""
        return [self.encode(text) for text in texts]

    def known(self, characters: Iterable[str]) -> frozenset[str]:
        """Those of some characters that have a token other than that for unknown text."""
        text = "".join(characters)
        ids = self.encode(text).ids.tolist()
        unknown = self.vocabulary.unk_id
        return frozenset(each for each, number in zip(text, ids, strict=True) if number != unknown)

    def _found(self, character: str) -> int:
        """The id of a character that is no token by itself."""
        if _SURROGATES.match(character):
            return self.vocabulary.unk_id
        normal = character if self._library.normalizer is None else self._library.normalizer.normalize_str(character)
        normal, lower = normal.strip(), character.lower()
        for form in (character, lower if len(lower) == 1 else character, normal, normal.lower()):
            known = self.vocabulary.find(form)
            if known is not None:
                return known
        ids = self._library.encode(character, add_special_tokens=False).ids
        return next((number for number in ids if number != self.vocabulary.space_id), self.vocabulary.unk_id)

    def _as_before(self, character: str) -> int:
        """The id that a character without a token has in models of before; see `Rules`."""
        known, lower = self.vocabulary.ids, character.lower()
        found = known.get(lower) if len(lower) == 1 and lower != character else None
        if found is None and self.vocabulary.normalizes:
            normal = unicodedata.normalize("NFKC", character)
            found = known.get(normal, known.get(normal.lower()))
        return self.vocabulary.unk_id if found is None else found


class WordPieceTokenizer:
    """Word pieces, or pieces, as the vocabulary's own tokenizer finds them, with offsets in the text as it was given.

    White space before a word belongs to the word's token, whose place begins behind it. Several tokens in one character
    (bytes, decomposed Hangul) have the place of the whole character each. What is dropped (control characters) has no
    token; a combining mark belongs to the token before it. A text that is dropped altogether is one token.

    In models of before, whose rules say so, every character is in exactly one token: white space and what BERT drops
    has its own, one for each character, and of several tokens in one character there is the first only.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._library = vocabulary.library()
        self._placed, self._prepared = (covered, _whole) if vocabulary.rules.covered else (tiled, _spaced)

    def encode(self, text: str) -> Encoding:
        """Tokens with offsets in the characters of `text` as given, not of its normalized form."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[Encoding]:
        """`encode` for every text, on all cores."""
        batch = self._library.encode_batch([self._prepared(text) for text in texts], add_special_tokens=False)
        return self._placed(self.vocabulary, texts, Found.of(batch))


def _whole(text: str) -> str:
    """The text in equally many characters that the library takes, which refuses surrogates."""
    return _SURROGATES.sub("\ufffd", text)


def _spaced(text: str) -> str:
    """The same with a plain blank for all white space; the library drops some of it."""
    return _whole(_SPACES.sub(" ", text))


Tokenizer = CharacterTokenizer | WordPieceTokenizer


def make_tokenizer(kind: str, vocabulary: Vocabulary) -> Tokenizer:
    """The tokenizer for `config.windows.tokens`.

    Raises:
        ConfigError: the tokenizer is unknown.
    """
    if kind == "characters":
        return CharacterTokenizer(vocabulary)
    if kind == "wordpiece":
        return WordPieceTokenizer(vocabulary)
    raise ConfigError(f"tokens must be 'characters' or 'wordpiece', got {kind!r}")
