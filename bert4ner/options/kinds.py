"""Kinds of values that an option accepts, derived from its annotation: how to name, recognize and read each.

Knows neither ranges nor names of options; `options` adds these.
"""

import math
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, TypeGuard, Union, get_args, get_origin


class Kind(NamedTuple):
    """One kind of value."""

    expected: str
    """The phrase for an expected value from Python or a file; empty for None, which no message asks for."""
    holds: Callable[[object], bool]
    read: Callable[[str], object]
    """Reads one word of a command line; raises a ValueError that is not shown."""
    typed: str = ""
    """The phrase for the text expected on a command line, if it differs."""
    metavar: str = ""
    """The placeholder for the value in help."""
    word: bool = False
    """Whether it is one fixed word."""
    collect: Callable[[Iterable[Any]], object] | None = None
    """Makes one value from the words of a command line; None if a value is one word."""


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number to compute with: not a boolean, not NaN, not beyond what a float can be."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def word(name: str) -> Kind:
    """The kind that accepts this word alone."""
    return Kind(name, lambda value: isinstance(value, str) and value == name, _reader_of(name), metavar=name, word=True)


def kinds_of(annotation: object) -> tuple[Kind, ...]:
    """The kinds that an annotation accepts, in its order.

    Example:
        >>> [kind.expected for kind in kinds_of(int | Literal["auto"])]
        ['a whole number', 'auto']
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        return kinds_of(get_args(annotation)[0])
    if origin is Literal:
        return tuple(word(choice) for choice in get_args(annotation))
    if origin in (Union, types.UnionType):
        return tuple(kind for each in get_args(annotation) for kind in kinds_of(each))
    if annotation in _KINDS:
        return (_KINDS[annotation],)
    if isinstance(annotation, type):
        return (Kind(annotation.__name__, lambda value: isinstance(value, annotation), _refuse),)
    raise TypeError(f"no option can be of the kind {annotation}")


def _reader_of(name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text != name:
            raise ValueError
        return text

    return read


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _numbers(text: str) -> list[float]:
    return [_number(part) for part in text.split(",")]


def _counted_label(text: str) -> tuple[str, int]:
    label, _, number = text.rpartition("=")  # a label may hold what a number cannot
    if not label or not number.isdecimal():
        raise ValueError
    return label, int(number)


def _weighted_label(text: str) -> tuple[str, float]:
    label, _, number = text.rpartition("=")
    if not label:
        raise ValueError
    return label, _number(number)


def _described_label(text: str) -> tuple[str, str]:
    label, _, value = text.partition("=")
    if not label or not value:
        raise ValueError
    return label, value


def _table_of(kind: Kind) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, Mapping) and all(isinstance(key, str) and kind.holds(each) for key, each in value.items())
    )


def _list_of(kind: Kind) -> Callable[[object], bool]:
    return lambda value: isinstance(value, Sequence) and not isinstance(value, str) and all(map(kind.holds, value))


_INT = Kind("a whole number", lambda value: type(value) is int, int, metavar="INT")
_FLOAT = Kind("a number", is_number, _number, metavar="FLOAT")
TEXT = Kind("text", lambda value: isinstance(value, str), str, metavar="TEXT")
_PATH = Kind("a path", lambda value: isinstance(value, Path), Path, metavar="PATH")
_KINDS: dict[object, Kind] = {
    int: _INT,
    float: _FLOAT,
    str: TEXT,
    bool: Kind("true or false", lambda value: isinstance(value, bool), _refuse),
    Path: _PATH,
    type(None): Kind("", lambda value: value is None, _refuse),
    Sequence[float]: Kind(
        "a list of numbers", _list_of(_FLOAT), _numbers, typed="numbers such as 2,1,1", metavar="W,W,..."
    ),
    tuple[str, ...]: TEXT._replace(expected="a list of texts", holds=_list_of(TEXT), collect=tuple),
    tuple[Path, ...]: _PATH._replace(expected="a list of paths", holds=_list_of(_PATH), collect=tuple),
    Mapping[str, int]: Kind(
        "a table of labels with a whole number for each label",
        _table_of(_INT),
        _counted_label,
        typed="LABEL=INT",
        metavar="LABEL=INT",
        collect=dict,
    ),
    Mapping[str, float]: Kind(
        "a table of labels with a number for each label",
        _table_of(_FLOAT),
        _weighted_label,
        typed="LABEL=FLOAT",
        metavar="LABEL=FLOAT",
        collect=dict,
    ),
    Mapping[str, str]: Kind(
        "a table of labels with text for each label",
        _table_of(TEXT),
        _described_label,
        typed="LABEL=TEXT",
        metavar="LABEL=TEXT",
        collect=dict,
    ),
}
