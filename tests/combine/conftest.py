"""Runs of tiny networks with large random weights, of several heads: they find entities everywhere, sure of some."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bert4ner.config import Config
from bert4ner.data.documents import write_documents
from bert4ner.entities import Document
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Folds, fingerprint
from bert4ner.runs.score_sheet import make_sheet, score_folds
from bert4ner.runs.scores import write_scores
from tests.random_networks import CHARACTERS, LABELS, random_model, small_config

NUM_FOLDS = 2


def predict_out_of_fold(models, documents) -> list[Document]:
    """Document number n by model n modulo their number."""
    return [next(predict_documents([models[n % len(models)]], [each])) for n, each in enumerate(documents)]


def write_run(path: Path, config: Config, models, gold, *, labels=LABELS) -> Path:
    """A complete run folder, as far as combining needs it; document n is held out in fold n modulo the folds."""
    run = RunFolder(path)
    places = {document.id: number % len(models) for number, document in enumerate(gold)}
    folds = Folds(len(models), fingerprint(gold), {id: (fold,) for id, fold in places.items()})
    run.open(config, labels, folds, precision="float32")
    predicted = predict_out_of_fold(models, gold)
    for fold, model in enumerate(models):
        model.save(run.fold(fold) / "model")
        held_out = [each for each in predicted if places[each.id] == fold]
        write_documents(held_out, run.fold(fold) / "predictions.jsonl", "jsonl")
    write_documents(predicted, path / "out_of_fold.jsonl", "jsonl")
    rows = [replace(row, best_epoch=1) for row in score_folds(gold, predicted, list(places.values()))]
    write_scores(path, make_sheet(gold, predicted, rows, note=""))
    return path


@pytest.fixture(scope="session")
def known() -> dict[tuple[Any, ...], NERModel]:
    """The models that tests have loaded so far, by what lies in their folders and by precision."""
    return {}


@pytest.fixture(autouse=True)
def same_models(known, monkeypatch) -> None:
    """What was loaded from the same bytes is not loaded, nor traced, again: nothing here changes a model's weights.

    Tests of models load each anew.
    """
    load = NERModel.load

    def remembered(folder: str | Path, *, precision: str | None = None, verify: bool = True) -> NERModel:
        files = tuple((path.name, path.read_bytes()) for path in sorted(Path(folder).glob("*")))
        key = (files, precision, verify)
        if key not in known:
            known[key] = load(folder, precision=precision, verify=verify)
        return known[key]

    monkeypatch.setattr(NERModel, "load", remembered)


@pytest.fixture(scope="session")
def config(tiny_encoder) -> Config:
    return small_config(tiny_encoder)


@pytest.fixture(scope="session")
def configs(config) -> dict[str, Config]:
    """One head and one way to cut windows each; `span` shares the windows of `crf`."""
    return {
        "crf": config,
        "span": config.replace(head="span"),
        "biaffine": config.replace(head="biaffine", nesting="none", max_length=30, overlap=8, head_size=8),
    }


@pytest.fixture(scope="session")
def models(configs) -> dict[str, list[NERModel]]:
    return {
        name: [random_model(config, 10 * number + fold) for fold in range(NUM_FOLDS)]
        for number, (name, config) in enumerate(configs.items())
    }


@pytest.fixture(scope="session")
def gold(models) -> list[Document]:
    """Texts of one to three windows, annotated with every other entity that the CRF's first fold finds in them."""
    rng = random.Random(3)
    texts = ["".join(rng.choices(CHARACTERS, k=rng.choice([2, 12, 30, 60, 90]))) for _ in range(16)]
    documents = [Document(f"text {number}", text) for number, text in enumerate(texts)]
    found = predict_documents(models["crf"][:1], documents)
    return [Document(each.id, each.text, each.entities[::2]) for each in found]


@pytest.fixture(scope="session")
def runs(configs, models, gold, tmp_path_factory) -> dict[str, Path]:
    """A run of each head; not to be changed."""
    folder = tmp_path_factory.mktemp("runs")
    return {name: write_run(folder / name, configs[name], models[name], gold) for name in configs}


@pytest.fixture(scope="session")
def read_json() -> Callable[[Path], Any]:
    return lambda path: json.loads(path.read_text(encoding="utf-8"))
