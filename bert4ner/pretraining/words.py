"""Where words begin among the tokens of a text: by jieba with a user's words, or at every token."""

import numpy as np

from bert4ner.data.word_lists import read_word_list
from bert4ner.pretraining.options import MaskingOptions
from bert4ner.text.segmentation import load_jieba
from bert4ner.text.token_places import Encoding


class Words:
    """Words by jieba, with its dictionary and optionally the user's.

    Raises:
        DataError: the dictionary cannot be read.
        EnvironmentProblem: jieba is not installed.
    """

    def __init__(self, dictionary: str = "") -> None:
        self._jieba = load_jieba().Tokenizer()  # a separate one, so that added words affect nothing else
        if dictionary:
            for word in (word for words in read_word_list(dictionary).values() for word in words):
                self._jieba.add_word(word)

    def begins(self, text: str, encoding: Encoding) -> np.ndarray:
        """Whether a word begins with a token, bool (tokens,); a token across several words belongs to the first."""
        starts = [start for _, start, _ in self._jieba.tokenize(text)]
        word = np.searchsorted(np.array(starts, np.int32), encoding.starts, side="right")  # (tokens,)
        return np.diff(word, prepend=0) > 0


class EveryToken:
    """Treats each token as a word."""

    def begins(self, text: str, encoding: Encoding) -> np.ndarray:
        """True for all tokens, bool (tokens,)."""
        return np.ones(len(encoding.ids), dtype=bool)


def make_words(options: MaskingOptions) -> Words | EveryToken:
    """The segmentation into units of masking; runs of `ngrams` are drawn later, for each batch."""
    return Words(options.dictionary) if options.masking == "words" else EveryToken()
