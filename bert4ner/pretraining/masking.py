"""Chooses the tokens to mask: a random share of the tokens of a batch, in whole words or n-grams."""

from typing import NamedTuple

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.pretraining.options import MaskingOptions
from bert4ner.pretraining.windows import Windows
from bert4ner.text.vocabulary import Vocabulary

MASK = "[MASK]"
_MASKED, _REPLACED = 0.8, 0.1  # the rest stays as it is


class Masked(NamedTuple):
    """A masked batch."""

    ids: np.ndarray
    """Token ids of the windows, some masked, int32 (batch, length)."""
    places: np.ndarray
    """Sorted positions of the tokens to predict, counted through all windows, int32 (masks,)."""
    targets: np.ndarray
    """The original token ids at these positions, int32 (masks,)."""


class Masking:
    """Chooses words over a whole batch until a share of all tokens in words is reached.

    Of the chosen tokens, 80 % become [MASK], 10 % a random other token of the vocabulary, and 10 % stay; each token is
    drawn separately.

    Raises:
        CheckpointError: the vocabulary has no [MASK].

    References:
        Devlin et al. 2019, BERT (shares); Cui et al. 2021, Pre-Training with Whole Word Masking for Chinese BERT;
        Lan et al. 2020, ALBERT (runs of n tokens with probability in proportion to 1/n).
    """

    def __init__(self, vocabulary: Vocabulary, options: MaskingOptions) -> None:
        if MASK not in vocabulary.ids:
            raise CheckpointError(f"the vocabulary has no {MASK}, so nothing can be masked; use another encoder")
        self.vocabulary, self.options = vocabulary, options
        self.mask_id = vocabulary.ids[MASK]
        plain = [number for token, number in vocabulary.ids.items() if not _bracketed(token)]
        self._plain = np.array(sorted(plain), np.int32)
        longest = np.arange(1, options.longest_ngram + 1)
        self._probabilities = (1 / longest) / (1 / longest).sum()  # of runs of 1, 2, ... tokens

    def __call__(self, windows: Windows, rng: np.random.Generator) -> Masked:
        """Masks a batch."""
        words = self._runs(windows.words, rng) if self.options.masking == "ngrams" else windows.words
        flat = words.ravel()
        places = np.flatnonzero(flat >= 0)  # (tokens of words,)
        _, word, sizes = np.unique(flat[places], return_inverse=True, return_counts=True)
        order = rng.permutation(len(sizes))
        budget = round(self.options.mask_share * len(places))
        count = max(1, int(np.searchsorted(np.cumsum(sizes[order]), budget, side="right")))
        chosen = np.zeros(len(sizes), dtype=bool)
        chosen[order[:count]] = True
        places = places[chosen[word]].astype(np.int32)  # (masks,)
        ids = windows.ids.ravel().copy()
        targets = ids[places]
        draw = rng.random(len(places))
        ids[places] = np.where(draw < _MASKED, self.mask_id, targets)
        replaced = places[(draw >= _MASKED) & (draw < _MASKED + _REPLACED)]
        ids[replaced] = rng.choice(self._plain, len(replaced))
        return Masked(ids.reshape(windows.ids.shape), places, targets)

    def _runs(self, words: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Runs of tokens instead of words, (batch, length); none crosses a separator or the end of a window."""
        flat = words.ravel()
        lengths = rng.choice(len(self._probabilities), len(flat), p=self._probabilities) + 1
        begins = np.zeros(len(flat) + 1, dtype=bool)
        ends = np.cumsum(lengths)
        begins[0] = True
        begins[ends[ends <= len(flat)]] = True
        apart = flat < 0
        begins[:-1] |= apart | np.append(True, apart[:-1])
        return np.where(apart, -1, np.cumsum(begins[:-1])).reshape(words.shape)


def _bracketed(token: str) -> bool:
    return len(token) > 2 and token[0] == "[" and token[-1] == "]"
