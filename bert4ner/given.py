"""Validates the types of what callers pass in, at the entry; messages name the place of a wrong value."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from os import PathLike
from typing import Any, TypeVar

from bert4ner.errors import DataError, received

Some = TypeVar("Some")


def check_sequence(given: object, kind: type, what: str, *, cure: str = "") -> None:
    """Refuse anything but a sequence of instances of a class: a path, a text, a single object, a generator.

    Args:
        given: the caller's value.
        kind: the class of the items.
        what: the name of the value in messages.
        cure: what to do if it is a path.

    Raises:
        DataError: naming `what`, and the place of the first item of another class.
    """
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        hint = f"; {cure}" if cure and isinstance(given, str | bytes | PathLike) else ""
        raise DataError(f"{what}: expected a list of {kind.__name__}, got {received(given)}{hint}")
    for place, each in enumerate(given):
        check_kind(each, kind, f"{what}[{place}]")


def check_kind(given: object, kind: type, where: str) -> None:
    """Refuse an instance of another class.

    Raises:
        DataError: naming `where`.
    """
    if not isinstance(given, kind):
        cure = "; bert4ner.Document.from_dict makes documents from dicts" if isinstance(given, Mapping) else ""
        if isinstance(given, str) and kind.__name__ == "Document":
            cure = '; bert4ner.Document("1", text) makes one from an id and a text'
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise DataError(f"{where}: expected {article} {kind.__name__}, got {received(given)}{cure}")


def check_many(given: object, what: str) -> None:
    """Refuse one string, or a value that is not iterable, where several items are expected.

    Raises:
        DataError: naming `what`.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise DataError(f"expected {what}, in a list or from a generator, got {received(given)}")


def as_tuple(given: object, kind: type, where: str) -> tuple[Any, ...]:
    """Items of a class, from any iterable.

    Raises:
        DataError: naming the place of the first item of another class.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise DataError(f"{where}: expected a list of {kind.__name__}, got {received(given)}")
    things = tuple(given)
    for place, each in enumerate(things):
        check_kind(each, kind, f"{where}[{place}]")
    return things


def as_whole(value: Any, name: str, where: object) -> int:  # noqa: ANN401  # any value of a caller
    """An integer of Python, numpy or another library.

    Raises:
        DataError: the value is not an integer.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise DataError(f"{where}: expected a whole number as {name}, got {received(value)}") from None


def as_real(value: object, name: str, where: object) -> float:
    """A number of Python, numpy or another library.

    Raises:
        DataError: the value is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise DataError(f"{where}: expected a number as {name}, got {received(value)}")
    return float(value)


def as_pairs(given: Any, name: str, where: object) -> tuple[tuple[int, int], ...]:  # noqa: ANN401
    """Pairs of integers.

    Raises:
        DataError: the value does not consist of pairs of integers.
    """
    try:
        return tuple((as_whole(start, "start", where), as_whole(end, "end", where)) for start, end in given)
    except (TypeError, ValueError):
        raise DataError(f"{where}: expected {name} as pairs (start, end), got {received(given)}") from None


def made_of(value: Any, kind: type[Some], where: str) -> Some:  # noqa: ANN401  # any value of a caller
    """An object of a class from its fields, in a mapping or in order; an object of that class is returned as it is.

    Raises:
        DataError: the fields are others.
    """
    if isinstance(value, kind):
        return value
    try:
        return kind(**value) if isinstance(value, Mapping) else kind(*value)
    except TypeError:
        raise DataError(f"{where}: expected the fields of {kind.__name__}, got {received(value)}") from None
