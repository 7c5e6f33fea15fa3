"""Picks a few examples of each kind out of many."""

from collections.abc import Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


def first_of_each(found: Iterable[tuple[str, Thing]], *, limit: int) -> dict[str, list[Thing]]:
    """The first `limit` things of each kind, with kinds in the order of their first occurrence.

    Example:
        >>> first_of_each([("vowel", "e"), ("consonant", "x"), ("vowel", "a"), ("vowel", "i")], limit=2)
        {'vowel': ['e', 'a'], 'consonant': ['x']}
    """
    firsts: dict[str, list[Thing]] = {}
    for kind, thing in found:
        kept = firsts.setdefault(kind, [])
        if len(kept) < limit:
            kept.append(thing)
    return firsts
