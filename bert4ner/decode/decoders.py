"""Turns the scores of a head into token spans, by paths through tags or span by span. It knows no networks.

A head makes its decoder from its own transitions, if it has any, or from the average transitions of several models.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple, final

import numpy as np

from bert4ner.decode.arrays import FloatArray, IntArray
from bert4ner.decode.lattice import Lattice, log_partition
from bert4ner.decode.marginals import span_probabilities
from bert4ner.decode.spans import heaviest
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Nesting
from bert4ner.errors import ConfigError
from bert4ner.text.schemes import TagSet
from bert4ner.text.token_spans import TokenSpan

SpanReading = tuple[list[TokenSpan], float]
"""The spans of one path, without scores, and its probability."""


class Decoder(ABC):
    """Finds the entities in scores of windows.

    Position 0 is the first token of the text; `lengths` (batch,) counts the text's tokens. Later scores are ignored.
    """

    @abstractmethod
    def spans(self, scores: FloatArray, lengths: IntArray) -> list[list[TokenSpan]]:
        """The entities of each window, sorted, with scores."""

    @abstractmethod
    def candidates(self, scores: FloatArray, lengths: IntArray, nbest: int) -> list[list[TokenSpan]]:
        """Candidates of each window: those of `spans`, and more with a larger `nbest`; they may overlap."""

    @abstractmethod
    def readings(self, scores: FloatArray, lengths: IntArray, n: int) -> list[list[SpanReading]]:
        """The n best paths of each window, the likeliest first.

        Raises:
            ConfigError: the head scores spans one by one, so there are no paths.
        """


class Chain(NamedTuple):
    """Log scores of tag sequences beyond the emissions; -inf forbids."""

    transitions: FloatArray  # (tags, tags), from-tag first
    starts: FloatArray  # (tags,)
    ends: FloatArray  # (tags,)


def mean_chain(chains: Sequence[Chain]) -> Chain:
    """Averaged transitions, starts and ends; -inf where any model forbids."""
    return Chain(*(np.mean(parts, axis=0) for parts in zip(*chains, strict=True)))


@final
class PathDecoder(ViterbiDecoder, Decoder):
    """Decodes emissions (batch, length, tags) by the best path, or the n best, through the tags of a tag set.

    A span's score is its exact marginal probability among all paths.

    Args:
        tagset: translates a path into spans.
        chain: scores of paths beyond the emissions.
    """

    def __init__(self, tagset: TagSet, chain: Chain) -> None:
        super().__init__(*chain)
        self.tagset = tagset

    def spans(self, scores: FloatArray, lengths: IntArray) -> list[list[TokenSpan]]:
        """The spans of the best path of every window, each with the probability of its tags."""
        return self._scored([[path] for path in self.decode_batch(scores, lengths)], scores, lengths)

    def candidates(self, scores: FloatArray, lengths: IntArray, nbest: int) -> list[list[TokenSpan]]:
        """The distinct spans of the `nbest` best paths."""
        if nbest == 1:
            return self.spans(scores, lengths)
        found = self.n_best_batch(scores, lengths, nbest)
        return self._scored([[path for path, _ in best] for best in found], scores, lengths)

    def readings(self, scores: FloatArray, lengths: IntArray, n: int) -> list[list[SpanReading]]:
        """The n best paths of every window as readings, each with the probability of the whole path."""
        totals = log_partition(scores, lengths, self.transitions, self.starts, self.ends)  # (batch,)
        return [
            [(self._read(path), float(np.exp(min(score - total, 0.0)))) for path, score in paths]
            for paths, total in zip(self.n_best_batch(scores, lengths, n), totals, strict=True)
        ]

    def _read(self, path: IntArray) -> list[TokenSpan]:
        return [TokenSpan(*span) for span in self.tagset.decode(path)]

    def _scored(
        self, paths: Sequence[Sequence[IntArray]], emissions: FloatArray, lengths: IntArray
    ) -> list[list[TokenSpan]]:
        """The spans on any of the paths of each window, sorted, with their probabilities."""
        tagged = [
            {span: path[span.start : span.end] for path in of_window for span in self._read(path)}
            for of_window in paths
        ]
        spans = [sorted(found) for found in tagged]
        scores = span_probabilities(
            Lattice(emissions, lengths, self.transitions, self.starts, self.ends),
            [[(each.start, each.end, tags[each]) for each in found] for found, tags in zip(spans, tagged, strict=True)],
            self.tagset.continues,
        )
        return [
            [span._replace(score=float(score)) for span, score in zip(found, found_scores, strict=True)]
            for found, found_scores in zip(spans, scores, strict=True)
        ]


@final
class ThresholdDecoder(Decoder):
    """Decodes span by span: keeps spans whose decisions are all above 0.5, or for candidates above 1 / (2 nbest).

    Args:
        find: takes a least probability, the scores of a window and its number of tokens; returns the spans whose every
            decision is above that probability, overlapping or not.
        nesting: which spans may overlap; of conflicting ones, the set with the highest total score wins.
        what: the name of the scores in messages.
    """

    def __init__(self, find: Callable[[float, FloatArray, int], list[TokenSpan]], nesting: Nesting, what: str) -> None:
        self._find, self._nesting, self._what = find, nesting, what

    def spans(self, scores: FloatArray, lengths: IntArray) -> list[list[TokenSpan]]:
        """The spans of every window above 0.5, without overlaps that the nesting forbids."""
        return self._above(0.5, scores, lengths, self._nesting)

    def candidates(self, scores: FloatArray, lengths: IntArray, nbest: int) -> list[list[TokenSpan]]:
        """All spans of every window above 1 / (2 nbest), whatever the nesting."""
        return self._above(1 / (2 * nbest), scores, lengths, "any")

    def readings(self, scores: FloatArray, lengths: IntArray, n: int) -> list[list[SpanReading]]:
        """Raises ConfigError: spans that are decided one by one form no paths."""
        raise ConfigError(
            f"readings are paths of heads that decode sequences, such as crf and span; {self._what} have none"
        )

    def _above(self, least: float, scores: FloatArray, lengths: IntArray, nesting: Nesting) -> list[list[TokenSpan]]:
        windows = zip(scores, np.asarray(lengths).tolist(), strict=True)
        return [heaviest(self._find(least, window, length), nesting) for window, length in windows]
