"""The budgets that keep code readable in one go: 300 lines a module, 50 a function, docstrings counted."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "bert4ner"
MODULE_LINES, FUNCTION_LINES = 300, 50
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "_vendor" not in path.parts]


def long_functions(source: str, limit: int) -> list[str]:
    """Functions and methods of more than `limit` lines, from `def` to their last line."""
    return [
        f"line {node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > limit
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_module_and_functions_keep_their_budget(path):
    source = path.read_text(encoding="utf-8")
    lines = len(source.splitlines())
    assert lines <= MODULE_LINES, f"{path.name} has {lines} lines, the budget is {MODULE_LINES}; split it"
    assert long_functions(source, FUNCTION_LINES) == []


def test_a_long_method_is_told():
    source = "class Layer:\n    def call(self):\n        a = 1\n        b = 2\n        return a + b\n"
    assert long_functions(source, 4) == []
    assert long_functions(source, 3) == ["line 2: call has 4 lines"]
