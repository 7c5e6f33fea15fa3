"""The errors that callers handle; each message says where, what was expected, what was found, and what to do.

The command line prints any of them as one line and exits with code 2. Bad input raises no other error.
"""

import difflib
import reprlib
from collections.abc import Iterable

LONGEST = 120
"""Maximum length of a displayed value, in characters."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlist = _SHORT.maxdict = 6
_SHORT.maxlevel = 4


class Bert4NERError(Exception):
    """Base class of all errors whose cause lies outside this library.

    Example:
        >>> import bert4ner
        >>> try:
        ...     bert4ner.Config(epochs=0)
        ... except bert4ner.Bert4NERError as error:
        ...     print(f"{type(error).__name__}: {error}")
        ConfigError: epochs must be at least 1, got 0
    """


class DataError(Bert4NERError):
    """Annotated or plain text that cannot be used.

    Example:
        >>> import bert4ner
        >>> bert4ner.Entity(2, 2, "DRUG")
        Traceback (most recent call last):
        bert4ner.errors.DataError: ...
    """


class ConfigError(Bert4NERError):
    """An option has an unknown name or an invalid value.

    Example:
        >>> import bert4ner
        >>> bert4ner.Config(scheme="bi")
        Traceback (most recent call last):
        bert4ner.errors.ConfigError: ...
    """


class CheckpointError(Bert4NERError):
    """A pretrained checkpoint or a saved model is missing, damaged or not the expected one."""


class RunError(Bert4NERError):
    """A run folder is incomplete or belongs to other work, or a training had to stop."""


class EnvironmentProblem(Bert4NERError):
    """A problem of the installation or the process: a package is missing, or TensorFlow was imported too early."""


def unquoted(text: str) -> str:
    """An id or a label of any size without quotes, shortened to one line, for messages.

    Example:
        >>> unquoted("leaflet-1"), len(unquoted("1" * 5000))
        ('leaflet-1', 58)
    """
    return text if len(text) < _SHORT.maxstring and text.isprintable() else shown(text)[1:-1]


def in_one_line(error: BaseException) -> str:
    r"""The type and message of an error in one line, for messages about what another package raised.

    Example:
        >>> in_one_line(ValueError("first,\n  second"))
        'ValueError: first, second'
    """
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def add_note(error: BaseException, note: str) -> None:
    """Add a note that tracebacks show below the error, from Python 3.11 on."""
    error.__notes__ = [  # type: ignore[attr-defined]  # `add_note` is new in 3.11
        *getattr(error, "__notes__", ()),
        note,
    ]


def shown(value: object) -> str:
    """A value of any size as Python writes it, shortened to one line, for messages.

    Example:
        >>> shown(["王小明", "PER"])
        "['王小明', 'PER']"
    """
    short = _SHORT.repr(value)
    if "\n" in short:
        short = " ".join(short.split())
    return short if len(short) <= LONGEST else short[:LONGEST] + "…"


def said(error: BaseException) -> str:
    r"""What an error says in one line of bounded length.

    Example:
        >>> said(ValueError("first,\n  second"))
        'first, second'
    """
    line = " ".join(str(error)[: 4 * LONGEST + 1].split())
    return line if len(line) <= 4 * LONGEST else f"{line[: 4 * LONGEST]}…"


def received(value: object) -> str:
    """A value of the wrong type, shortened, with its type: for the end of a message.

    Example:
        >>> received({"start": 0})
        "{'start': 0} (dict)"
    """
    return f"{shown(value)} ({type(value).__name__})"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, in any case of letters; None if none is similar.

    Example:
        >>> closest("CRF", ["crf", "softmax"]), closest("transformer", ["crf", "softmax"])
        ('crf', None)
    """
    folded = {each.casefold(): each for each in reversed(list(known))}
    close = difflib.get_close_matches(name[:LONGEST].casefold(), folded, n=1, cutoff=0.5)
    return folded[close[0]] if close else None


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: a similar name, or else all known names.

    Example:
        >>> nearest("crv", ["crf", "softmax"])
        "; did you mean 'crf'?"
        >>> nearest("transformer", ["crf", "softmax"])
        '; known: crf, softmax'
    """
    known = list(known)
    close = closest(name, known)
    return f"; did you mean {close!r}?" if close else f"; known: {', '.join(sorted(known))}"
