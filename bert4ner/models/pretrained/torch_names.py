"""The names that pickles in PyTorch weight files may use: storages, tensors as views of them, tables.

No other names are allowed, and each is replaced by a class or function of this module.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class Storage:
    """A run of numbers that tensors are views of."""

    key: str
    type: str
    numbers: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage: first number, shape and strides, counted in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Name:
    """An object that a pickle names: a callable, or a type of numbers."""

    call: Callable[..., Any] | None = None
    type: str = ""


class Refused(Exception):
    """The pickle names something that tensors do not need."""


def _table(items: Any = ()) -> dict[Any, Any]:
    table: dict[Any, Any] = {}
    for key, value in items:
        table[checked_key(key)] = value
    return table


def checked_key(key: Any) -> Any:
    """The key of an entry, if it is a string or an integer: comparing other keys may never end."""
    if type(key) not in (str, int):
        raise pickle.UnpicklingError("a key that is neither a word nor a whole number")
    return key


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    return Tensor(storage, offset, tuple(shape), tuple(strides))


NAMES = {
    ("collections", "OrderedDict"): Name(_table),
    ("torch", "Size"): Name(tuple),
    ("torch._utils", "_rebuild_tensor_v2"): Name(_tensor),
    ("torch._utils", "_rebuild_parameter"): Name(lambda data, *_: data),
    **{("torch", name): Name(type=kind) for name, kind in TYPES.items()},
}
"""Module and name, and their replacement."""
