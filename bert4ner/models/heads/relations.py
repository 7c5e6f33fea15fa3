"""Entities from probabilities of relations between pairs of tokens: paths of NEXT that a TAIL joins. No networks."""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import numpy as np

from bert4ner.text.token_spans import TokenSpan

NEXT = 1  # relation: the column's token is the next one of an entity; 0 is no relation
TAIL = 2  # and above: the row's token ends, the column's begins an entity, one number per label
PATHS = 8
"""The most entities of one label that a pair of first and last token gives: an untrained network links everything."""


def entities_of(chances: np.ndarray, least: float, labels: Sequence[str], most: int) -> list[TokenSpan]:
    """Every path of relations with a probability above `least`, or the likeliest of their pair however unlikely.

    An entity's score is the product of the probabilities of its relations; the likeliest ends are followed first.

    Args:
        chances: probabilities of one text, ``(tokens, tokens, relations)``.
        least: the probability above which a relation counts.
        labels: the names of the labels, in the order of their relations.
        most: so many entities are enough.
    """
    best = chances.argmax(axis=-1)  # (tokens, tokens)
    steps = np.triu((best == NEXT) | (chances[..., NEXT] > least), 1)
    follows = np.where(steps, chances[..., NEXT], 0)  # (tokens, tokens)
    reached = np.eye(len(chances), dtype=bool)  # by a path, (tokens, tokens)
    for token in range(len(chances) - 2, -1, -1):
        reached[token] |= reached[follows[token] > 0].any(axis=0)
    tails = _tails(best, chances, least)  # (tails, 3)
    tails = tails[tails[:, 1] <= tails[:, 0]]
    joins = chances[tails[:, 0], tails[:, 1], TAIL + tails[:, 2]]  # (tails,)
    likeliest = np.argsort(-joins, kind="stable")
    spans: list[TokenSpan] = []
    for (last, first, label), join in zip(tails[likeliest].tolist(), joins[likeliest], strict=True):
        for path in islice(_paths(follows, reached, first, last), PATHS):
            score = float(join * np.prod(follows[path[:-1], path[1:]]))
            spans.append(TokenSpan(first, last + 1, labels[label], score, _pieces(path)))
        if len(spans) >= most:
            break
    return spans


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis."""
    # Over so short an axis `max` takes five times as long as `argmax`, `sum` three times as `einsum`.
    top = np.take_along_axis(logits, logits.argmax(axis=-1, keepdims=True), axis=-1)
    powers: np.ndarray = np.exp(logits - top)
    powers /= np.einsum("...r->...", powers)[..., None]
    return powers


def _tails(best: np.ndarray, chances: np.ndarray, least: float) -> np.ndarray:
    """Rows, columns and labels of the ends of entities that are the likeliest relation or above `least`, in order.

    Args:
        best: the likeliest relation of each pair, ``(tokens, tokens)``.
        chances: probabilities, ``(tokens, tokens, relations)``.
        least: the probability above which a relation counts.
    """
    rows, columns = np.nonzero(best >= TAIL)
    tails = np.stack([rows, columns, best[rows, columns] - TAIL], axis=-1)
    if least >= 0.5:  # then what is above it is the likeliest
        return tails
    return np.unique(np.concatenate([tails, np.argwhere(chances[..., TAIL:] > least)]), axis=0)


def _paths(follows: np.ndarray, reached: np.ndarray, first: int, last: int) -> Iterator[list[int]]:
    """Every path from one token to another over steps with a probability, likelier steps first.

    Args:
        follows: probability of each step (tokens_from, tokens_to), 0 where there is none.
        reached: which tokens a path leads to (tokens_from, tokens_to).
        first: the token that paths begin with.
        last: the token that they end with.
    """
    if first == last:
        yield [last]
        return
    steps = np.where(reached[:, last], follows[first], 0)  # (tokens_to,)
    for token in np.argsort(-steps, kind="stable")[: np.count_nonzero(steps)].tolist():
        for rest in _paths(follows, reached, token, last):
            yield [first, *rest]


def _pieces(path: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Tokens, ascending, as runs [start, end); nothing if they are but one."""
    breaks = [number for number, (one, other) in enumerate(pairwise(path), start=1) if other != one + 1]
    if not breaks:
        return ()
    edges = [0, *breaks, len(path)]
    return tuple((path[start], path[end - 1] + 1) for start, end in pairwise(edges))
