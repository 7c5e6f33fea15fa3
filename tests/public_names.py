"""The public names and where each is defined, read from `bert4ner/__init__.pyi` without importing what they name."""

import ast
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "bert4ner/__init__.pyi"
PLACES = {
    alias.name: f"bert4ner.{node.module}:{alias.name}" if node.module else f"bert4ner.{alias.name}"
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}
"""Name -> "module:name", or the module alone for one that is a module."""
WITH_NETWORKS = (
    "build_model training_batches compile_for_training callbacks train_model cross_validate NamedEntityRecognizer "
    "load_recognizer combine_runs pseudo_label self_train tune pretrain compat"
).split()
"""Names whose examples make or train networks, in an order in which each finds what it needs."""
