"""Types of what a caller hands in: each is looked at where it comes in, and what is wrong is named with its place."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from os import PathLike
from typing import Any, TypeVar

from bert4ner.errors import DataError, received

Some = TypeVar("Some")


def check_sequence(given: object, kind: type, what: str, *, cure: str = "") -> None:
    """Refuse what is no sequence of things of a class: a path, a text, a single thing, a generator.

    Args:
        given: what was handed in.
        kind: the class of each thing.
        what: its name, in messages.
        cure: what to do about a path.

    Raises:
        DataError: naming `what`, and the place of the first thing that is of another class.
    """
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        told = f"; {cure}" if cure and isinstance(given, str | bytes | PathLike) else ""
        raise DataError(f"{what}: expected a list of {kind.__name__}, got {received(given)}{told}")
    for place, each in enumerate(given):
        check_kind(each, kind, f"{what}[{place}]")


def check_kind(given: object, kind: type, where: str) -> None:
    """Refuse what is of another class.

    Raises:
        DataError: naming `where`.
    """
    if not isinstance(given, kind):
        cure = "; bert4ner.Document.from_dict makes documents of such" if isinstance(given, Mapping) else ""
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise DataError(f"{where}: expected {article} {kind.__name__}, got {received(given)}{cure}")


def check_many(given: object, what: str) -> None:
    """Refuse one string, or what cannot be gone through, where many things are expected.

    Raises:
        DataError: naming `what`.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise DataError(f"expected {what}, in a list or from a generator, got {received(given)}")


def as_tuple(given: object, kind: type, where: str) -> tuple[Any, ...]:
    """Things of a class, from whatever can be gone through.

    Raises:
        DataError: naming the place of the first that is of another class.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise DataError(f"{where}: expected a list of {kind.__name__}, got {received(given)}")
    things = tuple(given)
    for place, each in enumerate(things):
        check_kind(each, kind, f"{where}[{place}]")
    return things


def as_whole(value: Any, name: str, where: object) -> int:  # noqa: ANN401  # whatever a user has
    """An integer of Python, of numpy or of whoever else has some.

    Raises:
        DataError: it is none.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise DataError(f"{where}: expected a whole number as {name}, got {received(value)}") from None


def as_real(value: object, name: str, where: object) -> float:
    """A number of Python, of numpy or of whoever else has some.

    Raises:
        DataError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise DataError(f"{where}: expected a number as {name}, got {received(value)}")
    return float(value)


def as_pairs(given: Any, name: str, where: object) -> tuple[tuple[int, int], ...]:  # noqa: ANN401
    """Pairs of integers.

    Raises:
        DataError: they are none.
    """
    try:
        return tuple((as_whole(start, "start", where), as_whole(end, "end", where)) for start, end in given)
    except (TypeError, ValueError):
        raise DataError(f"{where}: expected {name} as pairs (start, end), got {received(given)}") from None


def made_of(value: Any, kind: type[Some], where: str) -> Some:  # noqa: ANN401  # whatever a user has
    """A thing of a class, from its fields in a mapping or in their order; or there already.

    Raises:
        DataError: it has other fields.
    """
    if isinstance(value, kind):
        return value
    try:
        return kind(**value) if isinstance(value, Mapping) else kind(*value)
    except TypeError:
        raise DataError(f"{where}: expected the fields of {kind.__name__}, got {received(value)}") from None
