"""Names that Python and NumPy had in the years of TensorFlow 1, and what stands for them now."""

import collections
import collections.abc
import inspect
import time
from typing import Any, NamedTuple

import numpy as np

from bert4ner.backend.first_dialect import Repair

_NUMPY: dict[str, Any] = {
    "Inf": np.inf,
    "NAN": np.nan,
    "NaN": np.nan,
    "alltrue": np.all,
    "complex": complex,
    "cumproduct": np.cumprod,
    "float": float,
    "float_": np.float64,
    "infty": np.inf,
    "int": int,
    "object": object,
    "product": np.prod,
    "round_": np.round,
    "sometrue": np.any,
    "str": str,
    "unicode": str,
    "unicode_": np.str_,
}
_COLLECTIONS = (
    "Callable Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping MutableMapping MutableSequence "
    "MutableSet Sequence Set Sized ValuesView"
).split()


class ArgSpec(NamedTuple):
    """What `inspect.getargspec` gave."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def added() -> list[Repair]:
    """What is gone from NumPy and from Python's own modules."""
    return [
        *(Repair(np, name, value) for name, value in _NUMPY.items()),
        *(Repair(collections, name, getattr(collections.abc, name)) for name in _COLLECTIONS),
        Repair(inspect, "getargspec", _getargspec),
        Repair(time, "clock", time.perf_counter),
    ]


def _getargspec(function: Any) -> ArgSpec:
    return ArgSpec(*inspect.getfullargspec(function)[:4])
