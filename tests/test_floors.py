"""The house order: a module imports only from floors below its own, and only `backend` names TensorFlow or Keras.

Within one package the modules need some order too, so they must not import each other in a circle.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "bert4ner"
FLOORS = """
    version errors entities registry config
    data text decode scoring
    backend runs networks models train
    callbacks recognizer combine report serve legacy compat cli __main__
""".split()
KERAS_NAMES = {"tensorflow", "keras", "tf_keras"}
BERT4KERAS_FLOORS = {"backend", "networks", "legacy"}


def dotted(path: Path) -> str:
    """`models.heads.crf` for its file, `models.heads` for that package's `__init__.py`, "" for the root's."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {
    dotted(path): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
    if "_vendor" not in path.parts
}


def imported_names(source: str) -> Iterator[str]:
    """Everything a source imports, wherever in the file; "." for a relative import."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from imported_from(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from (name.value for name in node.args[:1] if isinstance(name, ast.Constant))


def imported_from(node: ast.ImportFrom) -> Iterator[str]:
    """`from bert4ner.text import schemes` imports the module `text.schemes`, `... import Scheme` the one it names."""
    if node.level:
        yield "."
        return
    for alias in node.names:
        full = f"{node.module}.{alias.name}"
        yield full if full.removeprefix("bert4ner.") in MODULES else str(node.module)


def violations(module: str, source: str) -> list[str]:
    """One sentence for each import that breaks the house order."""
    found = []
    floor = module.partition(".")[0]
    for name in imported_names(source):
        root, _, target = name.partition(".")
        if not root:
            found.append(f"{module} uses a relative import; name the module in full")
        elif root in KERAS_NAMES and floor != "backend":
            found.append(f"{module} imports {name}; only backend may, import it from there")
        elif root == "bert4keras" and floor not in BERT4KERAS_FLOORS:
            found.append(f"{module} imports {name}; only {', '.join(sorted(BERT4KERAS_FLOORS))} may")
        elif root == "bert4ner" and module and not target:
            found.append(f"{module} imports the package root; import from the module that defines the name")
        elif root == "bert4ner" and module and floor_number(target) > floor_number(module):
            found.append(f"{module} must not import {target}, which stands on a higher floor")
    return found


def floor_number(module: str) -> int:
    """Height of a module; sits in FLOORS or is a mistake."""
    floor = module.partition(".")[0]
    assert floor in FLOORS, f"bert4ner/{floor} stands on no floor; give it its place in FLOORS"
    return FLOORS.index(floor)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module or "bert4ner")
def test_imports_go_down_and_keras_comes_from_backend(module):
    if module:
        floor_number(module)
    assert violations(module, MODULES[module]) == []


def test_no_modules_import_each_other_in_a_circle():
    graph = {
        module: {name.removeprefix("bert4ner.") for name in imported_names(source) if name.startswith("bert4ner.")}
        for module, source in MODULES.items()
        if module
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize(
    ("module", "source", "told"),
    [
        ("text.windows", "def f():\n    import tensorflow as tf", "only backend may"),
        ("models.builder", "from tf_keras import layers", "only backend may"),
        ("train.fit", "import importlib\nimportlib.import_module('keras.layers')", "only backend may"),
        (
            "models.builder",
            "from bert4keras.models import build_transformer_model",
            "only backend, legacy, networks may",
        ),
        ("decode.viterbi", "from bert4ner.models.ner_model import build_model", "higher floor"),
        ("config", "if True:\n    from bert4ner.data import brat", "higher floor"),
        ("cli.main", "import bert4ner", "package root"),
        ("cli.main", "from bert4ner import __version__", "package root"),
        ("text.windows", "from . import schemes", "relative import"),
        ("text.windows", "from .schemes import BIOS", "relative import"),
    ],
)
def test_a_forbidden_import_is_told(module, source, told):
    assert [sentence for sentence in violations(module, source) if told in sentence]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("backend.frameworks", "import tensorflow as tf\nfrom bert4keras.models import build_transformer_model"),
        ("networks.building", "from bert4keras.models import build_transformer_model"),
        ("decode.viterbi", "import numpy as np\nfrom bert4ner.text.schemes import Scheme"),
        ("text.windows", "from bert4ner.text.tokenizer import Tokenizer\nfrom bert4ner.entities import Entity"),
        ("", "import importlib\nimportlib.import_module('bert4ner.models.builder')"),
        ("cli.main", "def main():\n    from bert4ner.recognizer import NamedEntityRecognizer"),
    ],
)
def test_an_import_downwards_is_allowed(module, source):
    assert violations(module, source) == []
