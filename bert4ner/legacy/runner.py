"""Runs a script as ``python script.py`` would, on the names of TensorFlow 1 and Keras 2.

What cannot be supported is told in one line with the script's own line; all else goes as in any Python program.
"""

import re
import sys
import traceback
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from bert4ner.backend.activation import BERT4KERAS_VERSION, activate
from bert4ner.backend.first_keras import SHOWN_AS
from bert4ner.errors import DataError
from bert4ner.legacy import names
from bert4ner.legacy.unsupported import Unsupported, explain

_LIBRARY = Path(__file__).resolve().parents[1]
UNSUPPORTED = 2
FAILED = 1
_OURS = ("tensorflow", "keras", "keras_contrib")  # whose missing names are told with what to write


def run_script(script: Path, arguments: Sequence[str]) -> int:
    """Run a script to its end.

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
    names.install()
    main = types.ModuleType("__main__")
    main.__file__ = str(script)
    with _as_main(main, script, arguments):
        try:
            exec(compile(source, str(script), "exec"), vars(main))
        except Exception as error:
            return _told(error, script)
    return 0


@contextmanager
def _as_main(main: types.ModuleType, script: Path, arguments: Sequence[str]) -> Iterator[None]:
    before = sys.modules["__main__"], sys.argv, sys.path[0]
    sys.modules["__main__"], sys.argv, sys.path[0] = main, [str(script), *arguments], str(script.resolve().parent)
    try:
        yield
    finally:
        sys.modules["__main__"], sys.argv, sys.path[0] = before
        names.remove()


def _told(error: Exception, script: Path) -> int:
    """Tell what ended the script; the exit code."""
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
        return f"{error.filename}:{error.lineno}"
    folder = script.resolve().parent
    own = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(script) or _beside(Path(frame.filename), folder)
    ]
    return "{}:{}".format(*own[-1]) if own else str(script)


def _beside(file: Path, folder: Path) -> bool:
    """Whether a file is the user's, below the folder of the script; `<frozen importlib>` is no file."""
    parents = file.resolve().parents
    return file.is_file() and folder in parents and _LIBRARY not in parents and "site-packages" not in file.parts


def _from_script(trace: TracebackType | None, script: Path) -> TracebackType | None:
    """The part of a traceback that begins in the script: the runner is none of its business."""
    found = trace
    while found is not None and found.tb_frame.f_code.co_filename != str(script):
        found = found.tb_next
    return found
