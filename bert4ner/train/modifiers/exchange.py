"""Shared by modifiers that average weights: temporarily replaces the weights of a network."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bert4ner.backend.frameworks import tf


@contextmanager
def exchanged(weights: Sequence[Any], values: Sequence[Any]) -> Iterator[None]:
    """While open, some variables hold these values; then their earlier values return, even after an error."""
    kept = [tf.identity(weight) for weight in weights]
    try:
        _assign(weights, values)
        yield
    finally:
        _assign(weights, kept)


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
