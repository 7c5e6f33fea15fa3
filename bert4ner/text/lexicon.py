"""Numbers from word lists for the tokens of a window, as network input beside the encoder's output.

Every token has, for each channel, weights for beginning, continuing, ending or alone being a word. A channel is a label
(its words are the entities of the training documents, weighted by the probability of that label), a list of words, or
the words of jieba.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bert4ner.entities import Document
from bert4ner.errors import ConfigError
from bert4ner.schema import Misfit, Name
from bert4ner.text.encoded import BEFORE_TEXT, Encoded
from bert4ner.text.gazetteer import Gazetteer, Occurrences, check_occurrences
from bert4ner.text.segmentation import cut_words
from bert4ner.text.surface_finder import SurfaceFinder
from bert4ner.text.token_places import Encoding

PLACES = 4
"""The positions of a token in a word: at the beginning, inside, at the end, alone."""


@dataclass(frozen=True)
class KeptLexicon:
    """The content of a file that keeps a lexicon; see `Lexicon.to_dict`."""

    labels: tuple[Name, ...]
    lists: Mapping[str, tuple[Name, ...]]
    words: bool
    entities: Mapping[Name, Occurrences] | None

    def __post_init__(self) -> None:
        if len(set(self.labels)) < len(self.labels) or (self.entities is not None) != bool(self.labels):
            raise Misfit("expected different labels and, only with labels, their entities")
        check_occurrences(self.entities or {}, self.labels)


class Lexicon:
    """Words and their weights; its gazetteer must be fitted to the documents that a network is trained on.

    Args:
        labels: one channel each, if `entities`.
        lists: words by the name of their list, one channel each.
        entities: whether there is a gazetteer.
        words: whether the words of jieba form a channel.

    References:
        Ma et al. 2020, Simplify the Usage of Lexicon in Chinese NER, for words by their place in them.
    """

    def __init__(
        self,
        labels: Sequence[str],
        lists: Mapping[str, Sequence[str]] | None = None,
        *,
        entities: bool = True,
        words: bool = False,
    ) -> None:
        self.labels = tuple(labels) if entities else ()
        self.lists = {name: tuple(sorted(set(found))) for name, found in (lists or {}).items()}
        self.words = words
        self._gazetteer: Gazetteer | None = None
        if not entities:
            self._arrange(Gazetteer.of([], ()))

    @property
    def width(self) -> int:
        """Numbers per token."""
        return PLACES * (len(self.labels) + len(self.lists) + self.words)

    def learn(self, documents: Iterable[Document]) -> None:
        """Count the entities of the training documents; earlier counts are dropped."""
        if self.labels:
            self._arrange(Gazetteer.of(documents, self.labels))

    def _arrange(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        surfaces = sorted({*gazetteer.surfaces, *(word for words in self.lists.values() for word in words)})
        places = {surface: number for number, surface in enumerate(surfaces)}
        self._finder = SurfaceFinder(surfaces)
        self._rows = np.zeros((len(surfaces), len(self.labels) + len(self.lists)), np.float32)  # (surfaces, channels)
        self._own_rows = np.array([places[surface] for surface in gazetteer.surfaces], np.int64)
        self._rows[self._own_rows, : len(self.labels)] = gazetteer.counts.likelihood()
        for column, words in enumerate(self.lists.values(), start=len(self.labels)):
            self._rows[[places[word] for word in words], column] = 1

    def features(
        self,
        encoded: Encoded,
        window_numbers: Sequence[int] | np.ndarray,
        length: int,
        *,
        taught: Sequence[str] | None = None,
    ) -> np.ndarray:
        """The numbers for the tokens of windows, float32 ``(batch, length, width)``; [CLS], [SEP] and padding have 0.

        Args:
            encoded: the windows of some documents.
            window_numbers: the windows to look up, ``(batch,)``.
            length: length of the padded windows.
            taught: for each document the text that the gazetteer learned from it, to be left out now, so that the
                gazetteer says no more about this document than about others.

        Raises:
            ConfigError: the gazetteer is not fitted yet.
        """
        if self._gazetteer is None:
            raise ConfigError("the lexicon is empty: it learns entities by `training_batches(documents, network)`")
        found = np.zeros((len(window_numbers), length, PLACES, self.width // PLACES), np.float32)
        for row, number in zip(found, window_numbers, strict=True):
            without = None if taught is None else taught[encoded.document[number]]
            self._fill(row[BEFORE_TEXT:], encoded, int(number), without)
        return found.reshape(len(window_numbers), length, self.width)

    def _fill(self, row: np.ndarray, encoded: Encoded, number: int, without: str | None) -> None:
        """Write the weights of one window into ``(length, PLACES, channels)``."""
        start, end = encoded.bounds[number]
        encoding, window = encoded.encoding(number), encoded.texts[number][start:end]
        matches = np.array(list(self._finder.find(window)), np.int64).reshape(-1, 3)
        spans, whole = _in_tokens(encoding, matches[:, :2] + start)
        strengths = self._strengths(matches[whole, 2], without=without)
        _mark(row[:, :, : strengths.shape[1]], spans, strengths)
        if self.words:
            words = np.array(cut_words(window), np.int64).reshape(-1, 2) + start
            spans, _ = _in_tokens(encoding, words)
            _mark(row[:, :, strengths.shape[1] :], spans, np.ones((len(spans), 1), np.float32))

    def _strengths(self, surfaces: np.ndarray, *, without: str | None) -> np.ndarray:
        """The weights of surfaces in each channel, ``(surfaces, channels)``, optionally without those from one text."""
        strengths: np.ndarray = self._rows[surfaces]
        others = None if without is None or self._gazetteer is None else self._gazetteer.without(without)
        if others is not None and len(others.numbers):
            own = self._own_rows[others.numbers]  # sorted, as the surfaces are
            places = np.minimum(np.searchsorted(own, surfaces), len(own) - 1)
            known = own[places] == surfaces
            strengths[known, : len(self.labels)] = others.likelihood()[places[known]]
        return strengths

    def to_dict(self) -> dict[str, Any]:
        """The content for JSON."""
        learned = None if self._gazetteer is None or not self.labels else self._gazetteer.to_dict()
        lists = {name: list(words) for name, words in self.lists.items()}
        return {"labels": list(self.labels), "lists": lists, "words": self.words, "entities": learned}

    @classmethod
    def restore(cls, kept: KeptLexicon) -> "Lexicon":
        """The lexicon that `to_dict` described."""
        lexicon = cls(kept.labels, kept.lists, entities=bool(kept.labels), words=kept.words)
        if kept.entities is not None:
            lexicon._arrange(Gazetteer.restore(kept.entities, kept.labels))
        return lexicon


def _in_tokens(encoding: Encoding, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spans of characters ``(spans, 2)`` as tokens, and which of them are whole tokens, bool ``(spans,)``."""
    if not len(encoding.starts):
        return np.zeros((0, 2), np.int64), np.zeros(len(spans), bool)
    last = len(encoding.starts) - 1
    first = np.minimum(np.searchsorted(encoding.starts, spans[:, 0]), last)
    final = np.maximum(np.searchsorted(encoding.ends, spans[:, 1], side="right") - 1, 0)
    whole = (final >= first) & (encoding.starts[first] == spans[:, 0]) & (encoding.ends[final] == spans[:, 1])
    return np.stack([first, final + 1], axis=1)[whole], whole


def _mark(row: np.ndarray, spans: np.ndarray, strengths: np.ndarray) -> None:
    """Raise the weights of ``(length, PLACES, channels)`` to those of spans of tokens, ``(spans, channels)``."""
    starts, lengths = spans[:, 0], spans[:, 1] - spans[:, 0]
    alone = lengths == 1
    np.maximum.at(row, (starts[alone], 3), strengths[alone])
    starts, lengths, strengths = starts[~alone], lengths[~alone], strengths[~alone]
    np.maximum.at(row, (starts, 0), strengths)
    np.maximum.at(row, (starts + lengths - 1, 2), strengths)
    inside = lengths - 2
    which = np.repeat(np.arange(len(starts)), inside)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(inside) - inside, inside)
    np.maximum.at(row, (starts[which] + 1 + offset, 1), strengths[which])
