"""Accuracy of the defaults without lexicon, with the bundled mini encoder, on published data beside the repository.

    python benchmarks/accuracy.py [--data ../shared/data] [--seeds 42 43 44] [--work runs/accuracy] [--crossval]
        [--float32]

TCM: trained on train.json, of which a seeded tenth chooses the epoch; scored once on dev.json, which nothing was chosen
on. Resume: trained on train, the epoch chosen on dev, scored on test. Trainings that are complete are not repeated.
"""

import argparse
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import keep_rows, spread

import bert4ner
from bert4ner import Config, Document
from bert4ner.models.precision import resolve_precision

ROOT = Path(__file__).resolve().parent.parent
PLAIN = Config(pretrained=str(ROOT / "pretrained" / "tcm-mini"), lexicon="none")


@dataclass(frozen=True)
class DataSet:
    """Files of a data set: to train on, to choose the epoch on (None: a part of the former), to score on."""

    name: str
    train: str
    valid: str | None
    test: str


SETS = (
    DataSet("tcm", "tcm/train.json", None, "tcm/dev.json"),
    DataSet("resume", "resume/train.char.bmes", "resume/dev.char.bmes", "resume/test.char.bmes"),
)


def train_and_score(data_set: DataSet, data: Path, seed: int, work: Path, precision: str = "auto") -> bert4ner.Scores:
    """Train one model, or take the one that is complete already; scores on the test documents."""
    training = bert4ner.read_documents(data / data_set.train)
    valid = bert4ner.read_documents(data / data_set.valid) if data_set.valid else None
    config = PLAIN.replace(seed=seed, precision=precision)
    run = run_of(data_set, seed, work, precision)
    bert4ner.train_model(training, config, output=run, valid=renamed(valid, "valid") if valid else None)
    return score(run, data / data_set.test)


def run_of(data_set: DataSet, seed: int, work: Path, precision: str) -> Path:
    """Where `train_and_score` keeps its run."""
    return work / "-".join([data_set.name, str(seed), *([] if precision == "auto" else [precision])])


def renamed(documents: list[Document], prefix: str) -> list[Document]:
    """The documents under ids that no other file uses."""
    return [Document(f"{prefix}-{document.id}", document.text, document.entities) for document in documents]


def score(run: Path, test: Path) -> bert4ner.Scores:
    """Scores of a run on annotated documents."""
    gold = bert4ner.read_documents(test)
    return bert4ner.evaluate(gold, bert4ner.NamedEntityRecognizer.load(run).predict(gold))


def rows_of(all_scores: list[bert4ner.Scores]) -> dict[str, dict[str, Any]]:
    """Precision, recall and F1 by averaging and by label, over the given runs."""
    labels = sorted({label for scores in all_scores for label in scores.counts})
    parts = {name: [getattr(scores, name) for scores in all_scores] for name in ("micro", "macro", "weighted")}
    rows: dict[str, dict[str, Any]] = {name: measures(each) for name, each in parts.items()}
    for label in labels:
        counts = [scores.counts[label] for scores in all_scores]
        rows[label] = {"gold": counts[0].gold, **measures(counts)}
    return rows


def measures(parts: list[Any]) -> dict[str, Any]:
    """Precision, recall and F1 of several runs."""
    return {name: spread([getattr(part, name) for part in parts]) for name in ("precision", "recall", "f1")}


def cross_validation(data: Path, work: Path) -> None:
    """5-fold cross-validation of TCM's train.json, and its models on dev.json."""
    documents = bert4ner.read_documents(data / "tcm/train.json")
    run = work / "tcm-crossval"
    scores = bert4ner.cross_validate(documents, PLAIN, output=run, folds=5)
    keep_rows("accuracy", "tcm-crossval", rows_of([scores]))
    keep_rows("accuracy", "tcm-crossval-dev", rows_of([score(run, data / "tcm/dev.json")]))


def arithmetic(data: Path, work: Path, seeds: list[int]) -> None:
    """TCM in the machine's fast arithmetic and in float32 throughout."""
    rows = {}
    for precision in ("auto", "float32"):
        found = [train_and_score(SETS[0], data, seed, work, precision).micro for seed in seeds]
        scores = [run_of(SETS[0], seed, work, precision) / "scores.json" for seed in seeds]
        held_out = [json.loads(path.read_text(encoding="utf-8"))["out_of_fold"]["micro"]["f1"] for path in scores]
        by_seed = {"f1_by_seed": [each.f1 for each in found], "held_out_f1_by_seed": held_out}
        rows[precision] = {**measures(found), **by_seed, "resolved": resolve_precision(precision)}
    keep_rows("accuracy", "arithmetic", rows)


def main() -> None:
    """Train, score, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "accuracy")
    parser.add_argument("--sets", nargs="+", choices=[each.name for each in SETS], default=[each.name for each in SETS])
    parser.add_argument("--crossval", action="store_true", help="also 5-fold cross-validation of TCM")
    parser.add_argument("--float32", action="store_true", help="also TCM in float32, beside the default arithmetic")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for data_set in (each for each in SETS if each.name in options.sets):
        found = [train_and_score(data_set, options.data, seed, options.work) for seed in options.seeds]
        keep_rows("accuracy", data_set.name, rows_of(found))
    if options.float32:
        arithmetic(options.data, options.work, options.seeds)
    if options.crossval:
        cross_validation(options.data, options.work)


if __name__ == "__main__":
    main()
