"""Values of a file against their schema: types as the fields of dataclasses have them.

`build` knows numbers, texts, true and false, `None`, `Literal`, unions, `Annotated` with a `Range`, lists (`tuple` of
one length or any), tables (`Mapping`) and dataclasses. A whole number is one that every JSON reader takes (up to 2^53),
a number is finite and within float32, so that what is derived from it can still be computed. True is no number. A text
has no unpaired surrogate: such a text could be written nowhere.
"""

import collections.abc
import dataclasses
import re
import types
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from bert4ner.errors import Bert4NERError, nearest, shown
from bert4ner.schema.ranges import Range

_MOST_WHOLE, _LARGEST = 2**53, 1e38
_LONGEST = 300  # characters of what is said of a value
_SURROGATE = re.compile("[\ud800-\udfff]")
_RAW = "any text"
_OPEN = "more keys"
_OBJECT = "names with values"
_TABLES = (collections.abc.Mapping, dict)
_LONGEST_NAME = 60

RawText = Annotated[str, _RAW]
"""A text that may hold what is no Unicode, such as the name of a file."""
Name = Annotated[str, Range(low=1)]
"""A text that is not empty: the range is that of its length."""
Count = Annotated[int, Range(low=0)]
Positive = Annotated[int, Range(low=1)]
Share = Annotated[float, Range(low=0, high=1)]
Finite = Annotated[float, Range(low=0)]
"""A number from 0 on: seconds, rates."""

_CALLED: dict[object, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
}


class Misfit(ValueError):
    """A value that its schema does not permit: which, what was expected, what was found."""


def more_keys() -> Any:  # noqa: ANN401  # as `field`: a value of the field's type
    """A field, a table, that takes the keys that are none of the other fields'; without one, they are refused."""
    return dataclasses.field(default_factory=dict, metadata={_OPEN: True})


def build(kind: object, value: object, place: str = "") -> Any:  # noqa: ANN401  # a value of the type
    """The value of a type for what JSON or TOML holds.

    Args:
        kind: the type, as a field is annotated with it.
        value: what a parser gave.
        place: what it is called in messages; empty is the whole file.

    Raises:
        Misfit: it is something else.
    """
    origin, given = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _bounded(given[0], given[1], value, place)
    if origin in (Union, types.UnionType):
        return _one_of(given, value, place)
    if origin is tuple:
        return _listed(kind, value, place)
    if origin in _TABLES:
        return _table(given[0], given[1], value, place)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _object(kind, value, place)
    if not _fits(kind, value):
        raise _unexpected(called(kind), value, place)
    return (
        float(value) if kind is float and isinstance(value, int) else value
    )  # numpy makes objects of whole numbers above 2^63


def _fits(kind: object, value: object) -> bool:
    """Whether a value is of one of the kinds without parts."""
    if kind in (Any, object):
        return True
    if kind is types.NoneType:
        return value is None
    if get_origin(kind) is Literal:
        return any(type(value) is type(each) and value == each for each in get_args(kind))
    if kind is bool:
        return isinstance(value, bool)
    if kind is int:
        return type(value) is int and abs(value) < _MOST_WHOLE
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
    if kind is str:
        return isinstance(value, str) and not _SURROGATE.search(value)
    raise TypeError(f"no file has values of the kind {kind}")


def _unexpected(wanted: str, value: object, place: str) -> Misfit:
    found = type(value).__name__ if isinstance(value, dict | list) and not place else shown(value)
    return misfit(f"expected {place} to be {wanted}, found {found}" if place else f"expected {wanted}, found {found}")


def misfit(what: str) -> Misfit:
    """The error that says something, in a line of bounded length."""
    return Misfit(" ".join(what.split()) if len(what) <= _LONGEST else f"{' '.join(what[:_LONGEST].split())}…")


def called(kind: object) -> str:
    """A type in words."""
    origin, given = get_origin(kind), get_args(kind)
    if origin is Annotated:
        plain, bound = called(given[0]), str(given[1])
        if not isinstance(given[1], Range):
            return plain
        if given[0] is str:
            return f"{plain} that is not empty"
        return f"{plain} {bound if bound.startswith(('in ', 'above', 'below')) else f'of {bound}'}"
    if origin is Literal:
        return " or ".join(map(repr, given))
    if origin in (Union, types.UnionType):
        return " or ".join(called(each) for each in given if each is not types.NoneType)
    if origin is tuple:
        return "a list" if Ellipsis in given else f"a list of {len(given)}"
    return _CALLED.get(kind, _OBJECT)


def _bounded(kind: object, bound: object, value: object, place: str) -> object:
    if bound is _RAW:
        if not isinstance(value, str):
            raise _unexpected(called(kind), value, place)
        return value
    found = build(kind, value, place)
    if isinstance(bound, Range) and (len(found) if isinstance(found, str) else found) not in bound:
        raise _unexpected(called(Annotated[kind, bound]), value, place)
    return found


def _one_of(kinds: tuple[object, ...], value: object, place: str) -> object:
    """The first kind that fits; the error inside a value with parts is reported if only one kind has parts."""
    with_parts = [each for each in kinds if get_origin(each) in (tuple, *_TABLES) or dataclasses.is_dataclass(each)]
    if isinstance(value, dict | list) and len(with_parts) == 1:
        return build(with_parts[0], value, place)
    for kind in kinds:
        try:
            return build(kind, value, place)
        except Misfit:
            continue
    raise _unexpected(" or ".join(called(each) for each in kinds if each is not types.NoneType), value, place)


def _listed(kind: object, value: object, place: str) -> tuple[object, ...]:
    given = get_args(kind)
    endless = Ellipsis in given
    if not isinstance(value, list) or (not endless and len(value) != len(given)):
        raise _unexpected(called(kind), value, place)
    kinds = (given[0],) * len(value) if endless else given
    return tuple(
        build(each, item, f"{place}[{number}]") for number, (each, item) in enumerate(zip(kinds, value, strict=True))
    )


def _table(key_kind: object, kind: object, value: object, place: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise _unexpected(_OBJECT, value, place)
    named = f"a name in {place}" if place else "a name"
    return {build(key_kind, key, named): build(kind, each, within(place, key)) for key, each in value.items()}


def within(place: str, key: object) -> str:
    """What a value is called that stands under a key."""
    name = str(key)
    if 0 < len(name) <= _LONGEST_NAME and name.replace("_", "").replace("-", "").isalnum():
        return f"{place}.{name}" if place else name
    return f"{place}[{shown(key)}]"


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _object(kind: type, value: object, place: str) -> object:
    if not isinstance(value, dict):
        raise _unexpected(_OBJECT, value, place)
    hints, fields = _hints(kind), dataclasses.fields(kind)
    rest = next((each.name for each in fields if _OPEN in each.metadata), None)
    named = {each.name: each for each in fields if each.name != rest}
    missing = (name for name, each in named.items() if name not in value and _is_needed(each))
    for name in missing:
        raise misfit(f"{within(place, name)!r} is missing")
    others = {key: each for key, each in value.items() if key not in named}
    if others and rest is None:
        strange = next(iter(others))
        hint = nearest(strange[:_LONGEST_NAME], named).removesuffix("?")
        raise misfit(
            f"unknown name {within(place, strange)!r}{hint}; if a newer version of bert4ner wrote it, install that"
        )
    found = {name: build(hints[name], value[name], within(place, name)) for name in named if name in value}
    if rest is not None:
        found[rest] = build(hints[rest], others, place)
    try:
        made: object = kind(**found)
    except (Misfit, Bert4NERError) as error:  # what its fields must be together
        raise misfit(f"{place}: {error}" if place else str(error)) from None
    return made


def _is_needed(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
