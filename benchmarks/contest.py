"""What the arms of the speed benchmark are given alike: windows, and a pretrained folder that each can read."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner import Document, Entity
from bert4ner.backend.frameworks import tf
from bert4ner.text.windows import cut_windows, window_entities

WINDOW = 254


def windows_of(documents: list[Document]) -> list[dict[str, Any]]:
    """Documents cut into disjoint windows, each a text of its own with the entities that lie whole in it."""
    cut = []
    for document in documents:
        windows = cut_windows(document.text, size=WINDOW, overlap=0)
        inside, _ = window_entities(windows, document.entities)
        cut += [
            {
                "text": document.text[start:end],
                "entities": [(each.start - start, each.end - start, each.label) for each in entities],
            }
            for (start, end), entities in zip(windows, inside, strict=True)
        ]
    return cut


def as_documents(windows: list[dict[str, Any]], entities: list[Any]) -> list[Document]:
    """Windows as documents with the given entities, (start, end, label) each."""
    return [
        Document(str(number), window["text"], tuple(Entity(*entity) for entity in found))
        for number, (window, found) in enumerate(zip(windows, entities, strict=True))
    ]


def encoder_folder(folder: Path, config: dict[str, Any], pretrained: Path, *, weights: bool) -> Path:
    """A pretrained folder that every arm reads: with `weights` those of `pretrained`, as TensorFlow and as safetensors.

    Without, each arm starts from random weights of its own.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pretrained, folder, ignore=None if weights else shutil.ignore_patterns("*ckpt*"))
    described = {**config, "random_weights": not weights}
    (folder / "bert_config.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}), encoding="utf-8")
    if weights:
        from safetensors.numpy import save_file

        checkpoint = tf.train.load_checkpoint(str(folder / "bert_model.ckpt"))
        names = [name for name in checkpoint.get_variable_to_shape_map() if name.startswith(("bert/emb", "bert/enc"))]
        save_file(
            {_pytorch_name(name): _pytorch_value(name, checkpoint.get_tensor(name)) for name in names},
            str(folder / "model.safetensors"),
            metadata={"format": "pt"},
        )
    return folder


def _pytorch_name(name: str) -> str:
    name = name.removeprefix("bert/").replace("layer_", "layer.").replace("/", ".")
    if name.endswith("embeddings") and name.count(".") == 1:
        return f"{name}.weight"
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{({'kernel': 'weight', 'gamma': 'weight', 'beta': 'bias'}).get(kind, kind)}"


def _pytorch_value(name: str, value: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(value.T if name.endswith("kernel") else value, dtype="float32")
