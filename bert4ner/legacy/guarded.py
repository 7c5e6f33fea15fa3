"""Whether an import stands in a `try` that goes on without it."""

import ast
import inspect
import linecache
from types import FrameType

_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def import_is_guarded() -> bool:
    """Whether the import under way would be caught where it stands: such a script has another way and is to take it."""
    frame = _importing(inspect.currentframe())
    if frame is None:
        return False
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals)))
    except SyntaxError:
        return False
    return any(
        isinstance(node, ast.Try)
        and node.body[0].lineno <= frame.f_lineno <= (node.body[-1].end_lineno or 0)
        and any(_catches(handler) for handler in node.handlers)
        for node in ast.walk(tree)
    )


def _importing(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is neither Python's importing nor ours."""
    while frame is not None and ("importlib" in frame.f_code.co_filename or "bert4ner.legacy." in _module(frame)):
        frame = frame.f_back
    return frame


def _module(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__', '')}."


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in _CAUGHT for kind in kinds)
