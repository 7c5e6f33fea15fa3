"""Runs a script as ``python script.py`` would, on the names of TensorFlow 1 and Keras 2.

Unsupported names are reported in one line with the line of the script; all else works as in any Python program.
"""

import builtins
import importlib.machinery
import os
import re
import sys
import traceback
import types
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from bert4ner.backend.activation import activate
from bert4ner.backend.first_keras import SHOWN_AS
from bert4ner.errors import DataError
from bert4ner.legacy import names
from bert4ner.legacy.unsupported import Unsupported, explain
from bert4ner.version import BERT4KERAS_VERSION

_LIBRARY = Path(__file__).resolve().parents[1]
UNSUPPORTED = 2
FAILED = 1
_OURS = (
    "tensorflow",
    "keras",
    "keras_contrib",
    "bert4keras",
)  # for missing names of these, the error says what to write instead


def run_script(script: Path, arguments: Sequence[str], tf1_version: str | None = None) -> int:
    """Run a script to its end. The names and `__main__` stay, for its threads and for what it registered with `atexit`.

    Args:
        script: its file.
        arguments: what follows it in `sys.argv`.
        tf1_version: see `names.install`.

    Returns:
        0, 1 where an exception ended it, 2 where it wants what cannot be supported.

    Raises:
        SystemExit: the script's own.
        DataError: there is no such script.
        EnvironmentProblem: TensorFlow was imported before, or a package is missing.
    """
    try:
        source = script.read_bytes()
    except OSError as error:
        raise DataError(f"{script}: cannot read the script: {error.strerror}") from None
    activate(legacy=True)
    names.install(tf1_version)
    main = _become(script, arguments)
    try:
        exec(compile(source, str(main.__file__), "exec"), vars(main))
    except Exception as error:
        return _report(error, script)
    return 0


def _become(script: Path, arguments: Sequence[str]) -> types.ModuleType:
    """Make this process that of the script; returns `__main__` as Python makes it, with an absolute `__file__`."""
    main = types.ModuleType("__main__")
    main.__file__ = os.path.abspath(script)
    vars(main).update(__builtins__=builtins, __cached__=None, __annotations__={})
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", main.__file__)
    sys.modules["__main__"], sys.argv, sys.path[0] = main, [str(script), *arguments], str(script.resolve().parent)
    return main


def _report(error: Exception, script: Path) -> int:
    """Report what ended the script; returns the exit code."""
    sys.stdout.flush()
    sentence = _unsupported(error)
    if sentence is None:
        trace = _from_script(error.__traceback__, script)
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return FAILED
    print(f"{_line(error, script)}: {sentence}", file=sys.stderr)
    return UNSUPPORTED


def _unsupported(error: Exception) -> str | None:
    """What to write instead, where a name of TensorFlow or Keras is missing; None for the script's own errors."""
    if isinstance(error, Unsupported):
        return str(error)
    if isinstance(error, SyntaxError):
        python2 = "Missing parentheses in call to 'print'" in str(error.msg)
        return "written for Python 2; write print(...), or convert the script with 2to3" if python2 else None
    dotted = _missing_name(error)
    if dotted == "bert4keras":
        return f"the package bert4keras is not installed; run: pip install --no-deps bert4keras=={BERT4KERAS_VERSION}"
    known = dir(error.obj) if isinstance(error, AttributeError) else ()
    return explain(dotted, known) if dotted and dotted.partition(".")[0] in _OURS else None


def _missing_name(error: Exception) -> str | None:
    """The dotted name that an import or a look into a module did not find, as scripts know it."""
    if isinstance(error, ImportError):
        name = re.match(r"cannot import name '(\w+)'", str(error))
        return _shown(f"{error.name}.{name[1]}" if name else str(error.name))
    if isinstance(error, AttributeError) and isinstance(error.obj, types.ModuleType):
        return _shown(f"{error.obj.__name__}.{error.name}")
    return None


def _shown(dotted: str) -> str:
    for stands, shown in SHOWN_AS:
        if dotted.startswith(f"{stands}."):
            return shown + dotted[len(stands) :]
    return dotted


def _line(error: Exception, script: Path) -> str:
    """`script.py:12`: the innermost line of the script, or of a module beside it, that led to the error."""
    if isinstance(error, SyntaxError):
        return f"{script if error.filename == os.path.abspath(script) else error.filename}:{error.lineno}"
    folder = script.resolve().parent
    own = [
        (script if frame.filename == os.path.abspath(script) else frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if _beside(Path(frame.filename), folder)
    ]
    return "{}:{}".format(*own[-1]) if own else str(script)


def _beside(file: Path, folder: Path) -> bool:
    """Whether a file is the user's, below the folder of the script; `<frozen importlib>` is no file."""
    parents = file.resolve().parents
    return file.is_file() and folder in parents and _LIBRARY not in parents and "site-packages" not in file.parts


def _from_script(trace: TracebackType | None, script: Path) -> TracebackType | None:
    """The part of a traceback that begins in the script: the runner is none of its business."""
    found = trace
    while found is not None and found.tb_frame.f_code.co_filename != os.path.abspath(script):
        found = found.tb_next
    return found
