"""Checks that callbacks can be sent to another process, before anything is trained."""

import io
import pickle
from collections.abc import Sequence
from typing import Any

from bert4ner.errors import ConfigError

_CURE = "define it in a module that can be imported, or train in this process with executor='in_process'"


class _Sender(pickle.Pickler):
    """Refuses objects defined in the running script: another process has another `__main__`."""

    def reducer_override(self, obj: Any) -> Any:
        if getattr(obj, "__module__", None) == "__main__" and hasattr(obj, "__qualname__"):
            raise pickle.PicklingError(f"{obj.__qualname__} is defined in the script itself")
        return NotImplemented


def check_callbacks(callbacks: Sequence[Any]) -> None:
    """Refuse callbacks that cannot be pickled, or not be found by the process that unpickles them.

    Raises:
        ConfigError: a callback cannot be sent; the message names the first one and the cure.
    """
    for number, callback in enumerate(callbacks):
        try:
            _Sender(io.BytesIO()).dump(callback)
        except Exception as error:  # its parts may raise anything
            raise ConfigError(
                f"callbacks[{number}], a {type(callback).__name__}, cannot be sent to the process that trains "
                f"({error}); {_CURE}"
            ) from None
