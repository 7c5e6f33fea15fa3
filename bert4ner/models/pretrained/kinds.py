"""Kinds of values of encoder options, for checking the fields of a configuration."""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from typing import Any

from bert4ner.networks.activations import ACTIVATIONS


@dataclass(frozen=True)
class Kind:
    """A set of values that an option may have.

    Attributes:
        called: in messages, after "expected … to be".
        fits: whether a value belongs to it.
    """

    called: str
    fits: Callable[[Any], bool]


SIZE = Kind("a whole number above 0", lambda value: type(value) is int and value > 0)
COUNT = Kind("a whole number, 0 or more", lambda value: type(value) is int and value >= 0)
INTEGER = Kind("a whole number", lambda value: type(value) is int)
RATE = Kind("a number in [0, 1)", lambda value: isinstance(value, int | float) and 0 <= value < 1)
SMALL = Kind("a number in (0, 1)", lambda value: isinstance(value, int | float) and 0 < value < 1)
POSITIVE = Kind(
    "a number above 0",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e12,
)
WORD = Kind("a word", lambda value: isinstance(value, str))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
ACTIVATION = Kind(
    "the name of an activation, as a rule 'gelu'", lambda value: isinstance(value, str) and value in ACTIVATIONS
)


def one_of(*values: str) -> Kind:
    """One of some words."""
    return Kind(" or ".join(map(repr, values)), lambda value: value in values)


def option(kind: Kind, default: Any = MISSING) -> Any:
    """A field of a configuration; with the default None it is optional."""
    return dataclasses.field(default=default, metadata={"kind": kind})
