"""Entities from the probabilities of relations between token pairs: paths of NEXT closed by a TAIL. No networks."""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import numpy as np

from bert4ner.text.token_spans import TokenSpan

NEXT = 1  # relation: the column's token is the next one of an entity; 0 means no relation
TAIL = 2  # and above, one per label: the row's token ends an entity, the column's token begins it
PATHS = 8
"""Limit on entities of one label per pair of first and last token: an untrained network links everything."""


def entities_of(probabilities: np.ndarray, least: float, labels: Sequence[str], most: int) -> list[TokenSpan]:
    """Every path of relations that are above `least`, or are the likeliest of their pair.

    An entity's score is the product of the probabilities of its relations. The likeliest ends are followed first.

    Args:
        probabilities: of one text, ``(tokens, tokens, relations)``.
        least: the probability above which a relation counts.
        labels: names of labels, in the order of their relations.
        most: maximum number of entities.
    """
    best = probabilities.argmax(axis=-1)  # (tokens, tokens)
    steps = np.triu((best == NEXT) | (probabilities[..., NEXT] > least), 1)
    follows = np.where(steps, probabilities[..., NEXT], 0)  # (tokens, tokens)
    reached = np.eye(len(probabilities), dtype=bool)  # by a path, (tokens, tokens)
    for token in range(len(probabilities) - 2, -1, -1):
        reached[token] |= reached[follows[token] > 0].any(axis=0)
    tails = _tails(best, probabilities, least)  # (tails, 3)
    tails = tails[tails[:, 1] <= tails[:, 0]]
    joins = probabilities[tails[:, 0], tails[:, 1], TAIL + tails[:, 2]]  # (tails,)
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


def _tails(best: np.ndarray, probabilities: np.ndarray, least: float) -> np.ndarray:
    """Rows, columns and labels of TAIL relations that are the likeliest of their pair or above `least`, in order.

    Args:
        best: the likeliest relation of each pair, ``(tokens, tokens)``.
        probabilities: ``(tokens, tokens, relations)``.
        least: the probability above which a relation counts.
    """
    rows, columns = np.nonzero(best >= TAIL)
    tails = np.stack([rows, columns, best[rows, columns] - TAIL], axis=-1)
    if least >= 0.5:  # then a relation above it is the likeliest
        return tails
    return np.unique(np.concatenate([tails, np.argwhere(probabilities[..., TAIL:] > least)]), axis=0)


def _paths(follows: np.ndarray, reached: np.ndarray, first: int, last: int) -> Iterator[list[int]]:
    """Every path from one token to another over steps with a positive probability, likelier steps first.

    Args:
        follows: probability of each step (tokens_from, tokens_to), 0 where no step is possible.
        reached: which tokens can be reached by a path (tokens_from, tokens_to).
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
    """Ascending tokens as runs [start, end); empty if there is only one run."""
    breaks = [number for number, (one, other) in enumerate(pairwise(path), start=1) if other != one + 1]
    if not breaks:
        return ()
    edges = [0, *breaks, len(path)]
    return tuple((path[start], path[end - 1] + 1) for start, end in pairwise(edges))
