"""The budgets that keep code readable in one go: lines of a module and of a function, docstrings counted; arguments."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bert4ner.registry import COMMANDS
from tests.public_names import PLACES

PACKAGE = Path(__file__).resolve().parent.parent / "bert4ner"
MODULE_LINES, FUNCTION_LINES, ARGUMENTS = 240, 42, 7
INTERFACE_ARGUMENTS = 9
"""Of commands, whose arguments are what the command line can say, and of public functions: a contract with users.

Docstrings of public names are pages of the API reference, with arguments, errors and an example; they do not count."""
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "_vendor" not in path.parts]
CALLED_BY_USERS = (*PLACES.values(), *(COMMANDS.get(name).place for name in COMMANDS))
INTERFACE = {place.removeprefix("bert4ner.") for place in CALLED_BY_USERS}


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods, wherever they stand."""
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def documented_lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Lines of a docstring."""
    first = node.body[0]
    return first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0


def long_functions(source: str, limit: int, module: str = "") -> list[str]:
    """Functions and methods of more than `limit` lines, from `def` to their last line; see `INTERFACE`."""
    found = []
    for node in functions(source):
        lines = node.end_lineno - node.lineno + 1
        lines -= documented_lines(node) if f"{module}:{node.name}" in INTERFACE else 0
        if lines > limit:
            found.append(f"line {node.lineno}: {node.name} has {lines} lines")
    return found


def many_arguments(module: str, source: str) -> list[str]:
    """Functions and methods with more arguments than they may have, `self` and `**kwargs` not counted."""
    found = []
    for node in functions(source):
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = sum(each.arg not in ("self", "cls") for each in given)
        limit = INTERFACE_ARGUMENTS if f"{module}:{node.name}" in INTERFACE else ARGUMENTS
        if count > limit:
            found.append(f"line {node.lineno}: {node.name} has {count} arguments, the budget is {limit}; group them")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_module_and_functions_keep_their_budget(path):
    source = path.read_text(encoding="utf-8")
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    public = (node for node in ast.parse(source).body if f"{module}:{getattr(node, 'name', '')}" in INTERFACE)
    lines = len(source.splitlines()) - sum(map(documented_lines, public))
    assert lines <= MODULE_LINES, f"{path.name} has {lines} lines, the budget is {MODULE_LINES}; split it"
    assert long_functions(source, FUNCTION_LINES, module) == []
    assert many_arguments(module, source) == []


def test_a_long_method_is_reported():
    source = "class Layer:\n    def call(self):\n        a = 1\n        b = 2\n        return a + b\n"
    assert long_functions(source, 4) == []
    assert long_functions(source, 3) == ["line 2: call has 4 lines"]


def test_docstrings_of_public_functions_do_not_count():
    source = 'def cross_validate():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    assert long_functions(source, 2, "train.crossval") == []
    assert long_functions(source, 2, "train.other") == ["line 1: cross_validate has 6 lines"]


def test_too_many_arguments_are_reported():
    source = "class Layer:\n    def call(self, a, b, c, /, d, *, e, f, g{}, **kwargs):\n        pass\n"
    assert many_arguments("models.layers", source.format("")) == []
    (message,) = many_arguments("models.layers", source.format(", h"))
    assert message == "line 2: call has 8 arguments, the budget is 7; group them"


def test_commands_and_public_functions_may_have_two_more():
    assert {"train.crossval:cross_validate", "cli.predict:predict"} <= INTERFACE
    source = "def cross_validate(a, b, c, d, e, f, g, h, i{}):\n    pass\n"
    assert many_arguments("train.crossval", source.format("")) == []
    assert many_arguments("train.crossval", source.format(", j")) != []
