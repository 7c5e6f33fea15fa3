"""The errors that callers are meant to meet; each message says where, what was expected, what was found, what to do.

The command line prints any of them as one line and exits with code 2. Nothing else is ever raised for bad input.
"""

import difflib
import reprlib
from collections.abc import Iterable


class Bert4NERError(Exception):
    """Base of every error that this library raises for a cause outside itself."""


class DataError(Bert4NERError):
    """Annotated or plain text that cannot be used as it is."""


class ConfigError(Bert4NERError):
    """An option with an unknown name or an impossible value."""


class CheckpointError(Bert4NERError):
    """A pretrained checkpoint or a saved model that is missing, damaged or not the one expected."""


class RunError(Bert4NERError):
    """A run folder that is incomplete, belongs to other work, or a training that had to stop."""


class EnvironmentProblem(Bert4NERError):
    """Something about the installation or the process: a package missing, TensorFlow imported too early."""


def in_one_line(error: BaseException) -> str:
    r"""The type of an error and what it says, for a message about what another package did.

    Example:
        >>> in_one_line(ValueError("first,\n  second"))
        'ValueError: first, second'
    """
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def add_note(error: BaseException, note: str) -> None:
    """What a traceback shows below an error, from Python 3.11 on."""
    error.__notes__ = [  # type: ignore[attr-defined]  # `add_note` is of 3.11
        *getattr(error, "__notes__", ()),
        note,
    ]


def received(value: object) -> str:
    """A value of the wrong type for the end of a message: shortened, and of which type it is.

    Example:
        >>> received({"start": 0})
        "{'start': 0} (dict)"
    """
    return f"{' '.join(reprlib.repr(value).split())} ({type(value).__name__})"


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: what was meant perhaps, or else all there is.

    Example:
        >>> nearest("crv", ["crf", "softmax"])
        "; did you mean 'crf'?"
        >>> nearest("transformer", ["crf", "softmax"])
        '; known: crf, softmax'
    """
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"
