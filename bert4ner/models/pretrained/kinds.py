"""Kinds of values that options of encoders have: how a field of a configuration says what it takes."""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.networks.encoders import ACTIVATIONS


@dataclass(frozen=True)
class Kind:
    """The values that an option may have.

    Attributes:
        called: in messages, after "expected … to be".
        fits: whether a value is one of them.
    """

    called: str
    fits: Callable[[Any], bool]


def _activates(value: Any) -> bool:
    try:
        keras.activations.get(ACTIVATIONS.get(value, value) if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


SIZE = Kind("a whole number above 0", lambda value: type(value) is int and value > 0)
COUNT = Kind("a whole number, 0 or more", lambda value: type(value) is int and value >= 0)
INTEGER = Kind("a whole number", lambda value: type(value) is int)
RATE = Kind("a number in [0, 1)", lambda value: isinstance(value, int | float) and 0 <= value < 1)
SMALL = Kind("a number in (0, 1)", lambda value: isinstance(value, int | float) and 0 < value < 1)
WORD = Kind("a word", lambda value: isinstance(value, str))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
ACTIVATION = Kind("the name of an activation, as a rule 'gelu'", _activates)


def one_of(*values: str) -> Kind:
    """Some words."""
    return Kind(" or ".join(map(repr, values)), lambda value: value in values)


def option(kind: Kind, default: Any = MISSING) -> Any:
    """A field of a configuration; with the default None it may be left out, and then says nothing."""
    return dataclasses.field(default=default, metadata={"kind": kind})
