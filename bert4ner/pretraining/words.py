"""Where words begin among the tokens of a text, by jieba and words of one's own, or every token alone."""

import numpy as np

from bert4ner.data.word_lists import read_word_list
from bert4ner.pretraining.options import MaskingOptions
from bert4ner.text.segmentation import load_jieba
from bert4ner.text.tokenizer import Encoding


class Words:
    """Jieba's words, with its dictionary and, if there is one, the user's.

    Raises:
        DataError: the dictionary cannot be read.
        EnvironmentProblem: jieba is not installed.
    """

    def __init__(self, dictionary: str = "") -> None:
        self._jieba = load_jieba().Tokenizer()  # of its own: words added are for nobody else
        if dictionary:
            for word in (word for words in read_word_list(dictionary).values() for word in words):
                self._jieba.add_word(word)

    def begins(self, text: str, encoding: Encoding) -> np.ndarray:
        """Whether a word begins with a token, bool (tokens,); a token across words belongs to that of its start."""
        starts = [start for _, start, _ in self._jieba.tokenize(text)]
        word = np.searchsorted(np.array(starts, np.int32), encoding.starts, side="right")  # (tokens,)
        return np.diff(word, prepend=0) > 0


class EveryToken:
    """Each token is a word."""

    def begins(self, text: str, encoding: Encoding) -> np.ndarray:
        """True of all, bool (tokens,)."""
        return np.ones(len(encoding.ids), dtype=bool)


def make_words(options: MaskingOptions) -> Words | EveryToken:
    """What cuts texts into what is masked together; runs of `ngrams` are drawn later, from batch to batch."""
    return Words(options.dictionary) if options.masking == "words" else EveryToken()
