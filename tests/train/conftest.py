"""What tests of training share: documents that a tiny network learns, and a configuration that trains in seconds."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity

MENTIONS = (("SYMPTOM", "头晕目眩"), ("SYMPTOM", "面色萎黄"), ("DRUG", "人参"), ("DRUG", "当归"), ("PERSON", "孕妇"))
FILLING = "本品用于引起的量少口服一次丸日忌患者慎"


def make_documents(number: int, *, seed: int = 0) -> list[Document]:
    """Documents of two or three mentions between characters that mean nothing; all their texts differ."""
    rng = random.Random(seed)
    documents: dict[str, Document] = {}
    while len(documents) < number:
        text, entities = "", []
        for _ in range(rng.randint(2, 3)):
            text += "".join(rng.choices(FILLING, k=rng.randint(1, 5)))
            label, mention = rng.choice(MENTIONS)
            entities.append(Entity(len(text), len(text) + len(mention), label))
            text += mention
        documents.setdefault(text, Document(f"leaflet {len(documents)}", text + "。", tuple(entities)))
    return list(documents.values())


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    return make_documents(24)


@pytest.fixture(scope="session")
def deep_encoder(tiny_encoder, tmp_path_factory) -> Callable[..., Path]:
    """Makes folders like that of the tiny encoder, with other options in the configuration and no weights."""

    def make(**options: Any) -> Path:
        folder = tmp_path_factory.mktemp("encoder")
        shutil.copy(tiny_encoder / "vocab.txt", folder)
        config = json.loads((tiny_encoder / "bert_config.json").read_text(encoding="utf-8"))
        (folder / "bert_config.json").write_text(json.dumps({**config, **options}), encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="session")
def tiny_config(one_layer) -> Callable[..., Config]:
    """Makes a configuration that learns fast, with dropout everywhere, and what is asked for."""

    def make(**options: Any) -> Config:
        base = {
            "pretrained": str(one_layer),
            "max_length": 32,
            "overlap": 8,
            "batch_tokens": 128,
            "epochs": 3,
            "precision": "float32",
            "learning_rate": 1e-2,
            "head_learning_rate": 2e-2,
            "head_dropout": 0.1,
            "encoder_dropout": 0.1,
        }
        return Config().replace(**{**base, **options})

    return make


@pytest.fixture
def network_of(tiny_config, tiny_encoder) -> Callable[..., Any]:
    """Makes a compiled network of two layers of some family, without dropout unless asked for."""
    from tests.train.moved_tables import network_of_family

    def make(family: str = "bert", **options: Any) -> Any:
        quiet = {"pretrained": str(tiny_encoder), "head": "softmax", "head_dropout": 0.0, "encoder_dropout": 0.0}
        return network_of_family(family, tiny_config(**{**quiet, **options}))

    return make


@pytest.fixture(scope="session")
def read_lines() -> Callable[[Path], list[dict[str, Any]]]:
    """Reads the objects of a JSON-lines file."""
    return lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def without_times() -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """A history without what differs from one training to the next."""
    times = {"seconds", "evaluation_seconds", "tokens_per_second"}
    return lambda history: [{name: value for name, value in line.items() if name not in times} for line in history]
