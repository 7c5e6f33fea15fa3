"""Windows of texts whose tokens an encoder can take: cut by characters, and again where their tokens are too many."""

from collections.abc import Sequence

import numpy as np

from bert4ner.config import WindowConfig
from bert4ner.text.token_places import Encoding
from bert4ner.text.tokenizer import Tokenizer
from bert4ner.text.windows import SPECIAL_TOKENS, Window, cut_windows, truncate

_LEAST = 2  # characters in a window; head and tail of a text need one each


def fitting_windows(
    texts: Sequence[str], tokenizer: Tokenizer, config: WindowConfig
) -> tuple[list[list[Window]], list[Encoding]]:
    """The windows of each text, and the tokens of all windows in their order, in characters of their text.

    Most tokenizers give at most one token for a character. Where a text gets more (bytes, decomposed letters), all its
    windows are cut anew, shorter by as much.
    """
    most = config.max_length - SPECIAL_TOKENS
    windows = [_cut(text, config, most) for text in texts]
    parts = [text[slice(*window)] for text, each in zip(texts, windows, strict=True) for window in each]
    found = iter(tokenizer.encode_all(parts))
    encodings = [[next(found) for _ in each] for each in windows]
    for number, text in enumerate(texts):
        size = most
        while (longest := _longest(encodings[number])) > most and size > _LEAST:
            size = max(_LEAST, min(size - 1, size * most // longest))
            windows[number] = _cut(text, config, size)
            encodings[number] = tokenizer.encode_all([text[slice(*window)] for window in windows[number]])
    moved = [
        _moved(encoding, window.start, most)
        for own, each in zip(encodings, windows, strict=True)
        for encoding, window in zip(own, each, strict=True)
    ]
    return windows, moved


def _cut(text: str, config: WindowConfig, size: int) -> list[Window]:
    if config.truncate == "none":
        return cut_windows(text, size=size, overlap=min(config.overlap, size - 1))
    return truncate(text, size=size, mode=config.truncate)


def _longest(encodings: Sequence[Encoding]) -> int:
    return max((len(encoding.ids) for encoding in encodings), default=0)


def _moved(encoding: Encoding, start: int, most: int) -> Encoding:
    """Offsets in a window starting at `start` -> offsets in its document; tokens of one character may be too many."""
    ids, starts, ends = encoding.ids[:most], encoding.starts[:most], encoding.ends[:most]
    return Encoding(ids, starts + np.int32(start), ends + np.int32(start))
