"""The house order: a module imports only from floors below its own, and only `backend` names TensorFlow or Keras.

Their private parts are included. (What classes override of these is tested in backend/test_private_parts.py.) Within
one package the modules need some order too, so they must not import each other in a circle.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "bert4ner"
FLOORS = """
    version errors schema bundled encoder_names given phrases showing bars document_ids entities
    entry_points command registry options other_names migrations network_options training_options config
    data text decode scoring
    runs
    backend networks models
    recognizing recognizer train pretraining
    unlabelled tuning
    callbacks combine report serve legacy compat cli __main__
""".split()
APART = {"train": "recognizer", "report": "train"}
"""Floors of which the first does not import the other, though it stands above it."""
KERAS_NAMES = {"tensorflow", "keras", "tf_keras"}
PRIVATE_MODULES = ("tf_keras.", "tensorflow.python", "tensorflow._api")
OF_NAMED_TUPLES = {"_replace", "_asdict", "_fields"}  # which Python documents
FOREIGN_PRIVATE_PARTS = {
    "train.worker": {"_exit"},  # of os
    "legacy.optimizers": {"_learning_rate", "_beta2"},  # of bert4keras' AdaFactor, which is repaired there
}
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
        elif root == "bert4ner" and APART.get(floor) == target.partition(".")[0]:
            found.append(f"{module} must not import {target}; {floor} and {APART[floor]} are kept apart")
    return found


def private_names(tree: ast.AST) -> Iterator[str]:
    """The private attributes, functions and classes that a source defines or sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        else:
            continue
        if is_private(name):
            yield name


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


OUR_PRIVATE_NAMES = {
    name
    for module, source in MODULES.items()
    if module.partition(".")[0] != "backend"
    for name in private_names(ast.parse(source))
}


def foreign_private_parts(module: str, source: str) -> list[str]:
    """One sentence for each private part that is of another library's making and not got from `backend`."""
    if module.partition(".")[0] == "backend":
        return []
    tree = ast.parse(source)
    known = {*OF_NAMED_TUPLES, *OUR_PRIVATE_NAMES, *private_names(tree), *FOREIGN_PRIVATE_PARTS.get(module, ())}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in known:
            found.append(f"{module}:{node.lineno} uses {node.attr}, which the house does not define; only backend may")
        elif isinstance(node, ast.Constant) and str(node.value).startswith(PRIVATE_MODULES):
            found.append(f"{module}:{node.lineno} names {node.value}; only backend may")
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
    assert foreign_private_parts(module, MODULES[module]) == []


@pytest.mark.parametrize(
    ("module", "source", "told"),
    [
        ("train.callbacks", "def f(layer):\n    return layer._random_generator", "train.callbacks:2 uses _random_gen"),
        ("networks.fast_layers", "class A(B):\n    def f(self):\n        self._maybe_init()", ":3 uses _maybe_init"),
        ("legacy.layers", "layer = output._keras_history.layer", "uses _keras_history"),
        ("legacy.runner", "shown = 'tf_keras.src.engine'", "names tf_keras.src.engine"),
    ],
)
def test_a_private_part_of_keras_is_told(module, source, told):
    assert [sentence for sentence in foreign_private_parts(module, source) if told in sentence]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("backend.randomness", "def f(layer):\n    return layer._random_generator"),
        ("text.windows", "class A:\n    def f(self):\n        self._cut = 1\n        return self._cut, self.__class__"),
        ("train.worker", "import os\nos._exit(1)"),
    ],
)
def test_private_parts_of_our_own_are_allowed(module, source):
    assert foreign_private_parts(module, source) == []


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
        ("runs.record", "from bert4ner.models.ner_model import NERModel", "higher floor"),
        ("backend.activation", "from bert4ner.networks.mending import mend", "higher floor"),
        ("recognizer", "from bert4ner.train.folds import split", "higher floor"),
        ("train.fit", "from bert4ner.recognizer import Recognizer", "kept apart"),
        ("report.page", "def f():\n    from bert4ner.train.folds import split", "kept apart"),
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
