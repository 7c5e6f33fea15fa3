"""The budgets that keep code readable in one go: lines of a module and of a function, docstrings counted; arguments."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import bert4ner
from bert4ner.registry import COMMANDS

PACKAGE = Path(__file__).resolve().parent.parent / "bert4ner"
MODULE_LINES, FUNCTION_LINES, ARGUMENTS = 240, 42, 7
INTERFACE_ARGUMENTS = 9
"""Of commands, whose arguments are what the command line can say, and of public functions: a contract with users."""
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "_vendor" not in path.parts]
CALLED_BY_USERS = (*bert4ner._LAZY.values(), *(COMMANDS.get(name).place for name in COMMANDS))
INTERFACE = {place.removeprefix("bert4ner.") for place in CALLED_BY_USERS}


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods, wherever they stand."""
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def long_functions(source: str, limit: int) -> list[str]:
    """Functions and methods of more than `limit` lines, from `def` to their last line."""
    return [
        f"line {node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in functions(source)
        if node.end_lineno - node.lineno + 1 > limit
    ]


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
    lines = len(source.splitlines())
    assert lines <= MODULE_LINES, f"{path.name} has {lines} lines, the budget is {MODULE_LINES}; split it"
    assert long_functions(source, FUNCTION_LINES) == []
    assert many_arguments(".".join(path.relative_to(PACKAGE).with_suffix("").parts), source) == []


def test_a_long_method_is_told():
    source = "class Layer:\n    def call(self):\n        a = 1\n        b = 2\n        return a + b\n"
    assert long_functions(source, 4) == []
    assert long_functions(source, 3) == ["line 2: call has 4 lines"]


def test_too_many_arguments_are_told():
    source = "class Layer:\n    def call(self, a, b, c, /, d, *, e, f, g{}, **kwargs):\n        pass\n"
    assert many_arguments("models.layers", source.format("")) == []
    (told,) = many_arguments("models.layers", source.format(", h"))
    assert told == "line 2: call has 8 arguments, the budget is 7; group them"


def test_commands_and_public_functions_may_have_two_more():
    assert {"train.crossval:cross_validate", "cli.predict:predict"} <= INTERFACE
    source = "def cross_validate(a, b, c, d, e, f, g, h, i{}):\n    pass\n"
    assert many_arguments("train.crossval", source.format("")) == []
    assert many_arguments("train.crossval", source.format(", j")) != []
