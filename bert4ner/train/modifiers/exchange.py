"""Other weights in the place of a network's, for a while: what modifiers that average weights share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bert4ner.backend.frameworks import tf


@contextmanager
def exchanged(weights: Sequence[Any], values: Sequence[Any]) -> Iterator[None]:
    """While open, some variables hold these values; then what they held before, whatever has happened."""
    kept = [tf.identity(weight) for weight in weights]
    try:
        _assign(weights, values)
        yield
    finally:
        _assign(weights, kept)


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
