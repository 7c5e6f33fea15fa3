"""A run folder as training leaves it, written without training: fixtures for the conftest of whoever reads runs."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bert4ner.config import Config
from bert4ner.data.documents import write_documents
from bert4ner.entities import Document, Entity
from bert4ner.runs.combination import Combination
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import fingerprint
from bert4ner.runs.rules import Rule
from bert4ner.scoring.metrics import evaluate

ENVIRONMENT = {
    "bert4ner": "0.1.0",
    "cores": 2,
    "packages": {"tensorflow": "2.21.0", "bert4keras": None},
    "command": ["/usr/bin/bert4ner", "crossval", "my data.json", "--output", "run"],
}
NOTE = "each fold's best epoch was chosen on the documents it is scored on"


def gold_documents() -> list[Document]:
    """Six texts with a drug and a symptom each."""
    return [
        Document(f"leaflet-{number}", f"{drug}用于{symptom}。", (Entity(0, 2, "DRUG"), Entity(4, 6, "SYMPTOM")))
        for number, (drug, symptom) in enumerate(
            [("人参", "头痛"), ("当归", "发热"), ("川芎", "头痛"), ("地黄", "发热"), ("黄芪", "咳嗽"), ("甘草", "咳嗽")]
        )
    ]


def predicted_documents(gold: Sequence[Document]) -> list[Document]:
    """Of each kind of error one, in the first four texts; the rest is right."""
    drug, symptom = Entity(0, 2, "DRUG", 0.95), Entity(4, 6, "SYMPTOM", 0.85)
    found = [
        (drug,),  # a symptom missed
        (drug, Entity(4, 6, "DRUG", 0.75)),  # a symptom called a drug
        (Entity(0, 3, "DRUG", 0.65), symptom),  # a drug with a character too many
        (drug, Entity(2, 4, "SYMPTOM", 0.55), symptom),  # a symptom that is none
        (drug, symptom),
        (drug, symptom),
    ]
    return [Document(each.id, each.text, entities) for each, entities in zip(gold, found, strict=True)]


@pytest.fixture
def gold() -> list[Document]:
    """As `gold_documents`."""
    return gold_documents()


@pytest.fixture
def predicted(gold) -> list[Document]:
    """As `predicted_documents`."""
    return predicted_documents(gold)


@pytest.fixture
def history() -> Callable[[int], list[dict[str, Any]]]:
    """Lines of a history.jsonl: scores that rise with every epoch."""
    return _history


def _history(num_epochs: int) -> list[dict[str, Any]]:
    return [
        {
            "epoch": epoch,
            "precision": 0.1 * epoch,
            "recall": 0.08 * epoch,
            "f1": 0.09 * epoch,
            "loss": 2.0 / epoch,
            "seconds": 2.0 + epoch,
            "evaluation_seconds": 0.5,
            "tokens_per_second": 1000.0 * epoch,
            "learning_rate": 1e-3,
            "head_learning_rate": 2e-3,
        }
        for epoch in range(1, num_epochs + 1)
    ]


def write_run(
    path: Path,
    gold: Sequence[Document],
    predicted: Sequence[Document],
    *,
    folds: int = 2,
    epochs: int = 3,
    only_trained_on: Sequence[Document] = (),
    **options: Any,
) -> Path:
    """Write a complete run; documents are dealt to the folds in turn, all but the first `only_trained_on`."""
    run = RunFolder(path)
    places = {document.id: number % folds for number, document in enumerate(gold)}
    run.path.mkdir()
    chosen = {"epochs": epochs, "head": "softmax", "pretrained": "bert", **options}
    run.write("config.toml", Config().replace(**chosen).to_toml())
    run.write("labels.txt", "DRUG\nSYMPTOM\n")
    run.write("environment.json", json.dumps(ENVIRONMENT))
    run.write(
        "folds.json",
        json.dumps(
            {
                "folds": folds,
                "fingerprint": fingerprint([*only_trained_on, *gold]),
                "documents": {**{document.id: -1 for document in only_trained_on}, **places},
            }
        ),
    )
    lines = []
    for fold in range(folds):
        pairs = [pair for pair in zip(gold, predicted, strict=True) if places[pair[0].id] == fold]
        run.fold(fold).mkdir()
        write_documents([found for _, found in pairs], run.fold(fold) / "predictions.jsonl", "jsonl")
        text = "".join(json.dumps(line) + "\n" for line in _history(epochs))
        (run.fold(fold) / "history.jsonl").write_text(text, encoding="utf-8")
        micro = evaluate(*zip(*pairs, strict=True)).micro
        lines.append({"fold": fold, "best_epoch": epochs, **asdict(micro)})
    write_documents(predicted, run.path / "out_of_fold.jsonl", "jsonl")
    summary = {
        "note": NOTE,
        "out_of_fold": evaluate(gold, predicted).to_dict(),
        "folds": lines,
        "bootstrap_f1": [0.123, 0.987],
    }
    run.write("scores.json", json.dumps(summary))
    return run.path


@pytest.fixture
def make_run(tmp_path) -> Callable[..., Path]:
    """As `write_run`, into a folder of the given name."""

    def make(*documents: Sequence[Document], name: str = "run", **options: Any) -> Path:
        return write_run(tmp_path / name, *documents, **options)

    return make


@pytest.fixture
def run(make_run, gold, predicted) -> Path:
    """A complete run of two folds and three epochs."""
    return make_run(gold, predicted)


@pytest.fixture
def combined(run) -> Path:
    """As `as_combined` makes of the run."""
    return as_combined(run)


def as_combined(run: Path) -> Path:
    """A run as if it had been combined of two others: no folds of its own, no configuration, no history."""
    for fold in (0, 1):
        shutil.rmtree(run / f"fold-{fold}")
    for name in ("config.toml", "folds.json"):
        (run / name).unlink()
    combination = Combination("vote", ("crf", "<b>span"), (2.0, 0.5), 2, {"DRUG": 1}, Rule(0.25), {"DRUG": 0.125})
    (run / "combination.json").write_text(combination.to_json(), encoding="utf-8")
    summary = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    for fold in summary["folds"]:
        del fold["best_epoch"]
        fold["documents"] = 3
    scores = {"precision": 0.5, "recall": 0.25, "f1": 1 / 3}
    summary["members"] = [{"name": name, **scores} for name in combination.names]
    summary["thresholds"] = {"f1_without": 0.1, "f1_nested": 0.2, "f1_on_themselves": 0.3}
    (run / "scores.json").write_text(json.dumps(summary), encoding="utf-8")
    return run
