"""What the tests of the commands share: a way to run one, a few documents, an encoder small enough to train here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bert4ner.cli.main import main
from bert4ner.data.documents import write_documents
from bert4ner.entities import Document, Entity

DRUGS, SYMPTOMS = ("人参", "当归", "川芎", "地黄"), ("头痛", "发热")


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def bert4ner(capsys) -> Callable[..., Outcome]:
    """Runs ``bert4ner ARGUMENTS`` in this process."""

    def run(*arguments: object) -> Outcome:
        code = main([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def refused(bert4ner) -> Callable[..., str]:
    """Runs a command that must fail as bad input does; returns its one line."""

    def run(*arguments: object) -> str:
        code, out, err = bert4ner(*arguments, "--quiet")
        assert (code, out) == (2, "")
        assert err.startswith("bert4ner: error: ") and err.count("\n") == 1, err
        return err.removeprefix("bert4ner: error: ").rstrip("\n")

    return run


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    """Eight short texts, `DRUG用于SYMPTOM。`, each with two entities."""
    return [
        Document(f"leaflet-{drug}-{symptom}", f"{drug}用于{symptom}。", (Entity(0, 2, "DRUG"), Entity(4, 6, "SYMPTOM")))
        for drug in DRUGS
        for symptom in SYMPTOMS
    ]


@pytest.fixture(scope="session")
def data(documents, tmp_path_factory) -> Path:
    """The documents as a jsonl file."""
    path = tmp_path_factory.mktemp("data") / "leaflets.jsonl"
    write_documents(documents, path, "jsonl")
    return path


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory) -> Path:
    """A checkpoint folder without weights: one layer of width 16, as many tokens as the documents need."""
    characters = sorted(set("".join((*DRUGS, *SYMPTOMS)) + "用于。"))
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    config = {
        "vocab_size": len(vocabulary),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "random_weights": True,
    }
    folder = tmp_path_factory.mktemp("tiny-bert")
    (folder / "bert_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    return folder
