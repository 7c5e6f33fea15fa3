"""Releases what is no longer needed, so that what was read does not stand in memory beside all that is made of it."""

from collections.abc import Iterator
from typing import TypeVar

Thing = TypeVar("Thing")


def released(things: list[Thing]) -> Iterator[Thing]:
    """Each thing in order, taken from the list, which is empty in the end.

    Example:
        >>> things = ["a", "b"]
        >>> [(each, len(things)) for each in released(things)]
        [('a', 1), ('b', 0)]
    """
    things.reverse()
    while things:
        yield things.pop()
