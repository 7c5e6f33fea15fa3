"""The map of characters in a SentencePiece model and in a tokenizer.json, checked before the library relies on it.

It is a trie in a double array of units, 32 bits each, which finds byte strings, and the texts that take their place.
The library follows it without looking where it leads, and ends in a panic where that is nowhere.
"""

import base64

import numpy as np

from bert4ner.errors import CheckpointError

_DEEPEST = 256  # bytes of a text that is found; published maps have some 20
_LABEL, _VALUE = np.uint32(0x800000FF), np.uint32(0x7FFFFFFF)


def check_normalizer(described: object) -> None:
    """Refuse a normalizer of a tokenizer.json that would end the process.

    Raises:
        CheckpointError: its map of characters is none.
    """
    if not isinstance(described, dict):
        return
    if isinstance(described.get("precompiled_charsmap"), str):
        try:
            check_charsmap(base64.b64decode(described["precompiled_charsmap"]))
        except ValueError:
            raise CheckpointError("precompiled_charsmap is no base64") from None
    for each in described["normalizers"] if isinstance(described.get("normalizers"), list) else ():
        check_normalizer(each)


def check_charsmap(charsmap: bytes) -> None:
    """Refuse what is no map: bytes of a trie (4 bytes), the trie, texts that end in a zero byte.

    Raises:
        CheckpointError: it is truncated, or leads out of the trie or the texts.
    """
    size = int.from_bytes(charsmap[:4], "little")
    if size % 4 or not 0 < size <= len(charsmap) - 4:
        raise CheckpointError("the map of characters is none, or truncated")
    units, texts = np.frombuffer(charsmap[4 : 4 + size], "<u4"), charsmap[4 + size :]
    try:
        texts.decode("utf-8")
    except UnicodeDecodeError:
        raise CheckpointError("the map of characters is damaged: its texts are not UTF-8") from None
    values = _values(units)
    whole = np.append((np.frombuffer(texts, np.uint8) & 0xC0) != 0x80, True)  # where characters begin, (bytes + 1,)
    if (values > len(texts)).any() or not whole[values].all():
        raise CheckpointError("the map of characters is damaged: it leads out of its texts")


def _values(units: np.ndarray) -> np.ndarray:
    """Where in the texts those begin that the trie leads to."""
    places = np.arange(len(units), dtype=np.int64)
    offsets = (units >> 10).astype(np.int64) << ((units & 0x200) >> 6).astype(np.int64)
    labels = (units & _LABEL).astype(np.int64)
    steps = np.flatnonzero((labels > 0) & (labels < 256))  # units to which a byte leads
    parents = places[steps] ^ labels[steps]
    order = np.argsort(parents, kind="stable")
    steps, parents = steps[order], parents[order]
    nodes, seen = offsets[:1], np.zeros(len(units), dtype=bool)
    found: list[np.ndarray] = []
    for _ in range(_DEEPEST):
        if ((nodes | 0xFF) >= len(units)).any():
            raise CheckpointError("the map of characters is damaged: it leads out of its trie")
        nodes = np.unique(nodes[~seen[nodes]])
        if not len(nodes):
            return units[np.concatenate(found)] & _VALUE if found else units[:0]
        seen[nodes] = True
        first, last = np.searchsorted(parents, nodes), np.searchsorted(parents, nodes, side="right")
        reached = steps[_ranges(first, last)]
        nodes = reached ^ offsets[reached]
        found.append(nodes[(units[reached] & 0x100) > 0])
    raise CheckpointError(f"the map of characters is damaged: it looks for texts of more than {_DEEPEST} bytes")


def _ranges(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The numbers from each first to before its last, one after another."""
    counts = last - first
    return np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
