"""Accuracy of the defaults with the bundled mini encoder, on published data that lies beside the repository.

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

from results import percent, table, write_section

import bert4ner
from bert4ner import Config, Document
from bert4ner.models.precision import resolve_precision

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "pretrained" / "tcm-mini"


@dataclass(frozen=True)
class DataSet:
    """Files of a data set: to train on, to choose the epoch on (None: a part of the former), to score on."""

    name: str
    train: str
    valid: str | None
    test: str
    anchors: str


SETS = (
    DataSet(
        "tcm",
        "tcm/train.json",
        None,
        "tcm/dev.json",
        "On the same dev.json: longest match with a dictionary made from train.json, its threshold chosen on "
        "dev.json: **64.10** micro F1. Published with base-size encoders, the best step chosen on dev.json itself, "
        "support-weighted F1: BERT-base CRF 71.04, RoBERTa-wwm CRF 73.03, with pseudo-labels, averaging and PGD 73.47.",
    ),
    DataSet(
        "resume",
        "resume/train.char.bmes",
        "resume/dev.char.bmes",
        "resume/test.char.bmes",
        "Published on the same test set: char LSTM-CRF 93.48, BERT-CRF 95.68; a dictionary 60.89.",
    ),
)


def train_and_score(data_set: DataSet, data: Path, seed: int, work: Path, precision: str = "auto") -> bert4ner.Scores:
    """Train one model, or take the one that is complete already; scores on the test documents."""
    training = bert4ner.read_documents(data / data_set.train)
    valid = bert4ner.read_documents(data / data_set.valid) if data_set.valid else None
    config = Config().replace(pretrained=str(PRETRAINED), seed=seed, precision=precision)
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


def describe(all_scores: list[bert4ner.Scores]) -> str:
    """A table: precision, recall, F1 by averaging and by label, over the given runs."""
    rows = []
    for name in ("micro", "macro", "weighted"):
        parts = [getattr(scores, name) for scores in all_scores]
        rows.append(
            [
                f"**{name}**",
                "",
                percent([part.precision for part in parts]),
                percent([part.recall for part in parts]),
                percent([part.f1 for part in parts]),
            ]
        )
    for label in sorted({label for scores in all_scores for label in scores.counts}):
        parts = [scores.counts[label] for scores in all_scores]
        rows.append(
            [
                label,
                str(parts[0].gold),
                percent([part.precision for part in parts]),
                percent([part.recall for part in parts]),
                percent([part.f1 for part in parts]),
            ]
        )
    return table(["label", "gold", "precision", "recall", "F1"], rows)


def cross_validation(data: Path, work: Path) -> str:
    """The section on 5-fold cross-validation of TCM's train.json."""
    documents = bert4ner.read_documents(data / "tcm/train.json")
    run = work / "tcm-crossval"
    scores = bert4ner.cross_validate(documents, Config().replace(pretrained=str(PRETRAINED)), output=run, folds=5)
    return (
        "## TCM, 5-fold cross-validation of train.json, seed 42\n\n"
        "Out of fold; each fold's epoch was chosen on the documents it is scored on, a little optimistic:\n\n"
        f"{describe([scores])}\n\n"
        "The five models averaged (emissions and transitions), on dev.json, which no fold chose anything on:\n\n"
        f"{describe([score(run, data / 'tcm/dev.json')])}"
    )


def arithmetic(data: Path, work: Path, seeds: list[int]) -> str:
    """The section on TCM in the machine's fast arithmetic and in float32 throughout."""
    rows = []
    for precision in ("auto", "float32"):
        found = [train_and_score(SETS[0], data, seed, work, precision).micro for seed in seeds]
        each = ", ".join(f"{100 * micro.f1:.2f}" for micro in found)
        parts = [[getattr(micro, name) for micro in found] for name in ("precision", "recall", "f1")]
        scores = [run_of(SETS[0], seed, work, precision) / "scores.json" for seed in seeds]
        held_out = [json.loads(path.read_text(encoding="utf-8"))["out_of_fold"]["micro"]["f1"] for path in scores]
        rows.append([precision, *map(percent, parts), each, ", ".join(f"{100 * f1:.2f}" for f1 in held_out)])
    header = ["--precision", "precision", "recall", "micro F1", "of each seed", "best epoch on the held-out tenth"]
    return (
        f"## Arithmetic: tcm, defaults, seeds {', '.join(map(str, seeds))}, --precision auto "
        f"({resolve_precision('auto')} on this machine) and float32\n\n{table(header, rows)}"
    )


def main() -> None:
    """Train, score, write the sections."""
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
        seeds = ", ".join(map(str, options.seeds))
        write_section(
            data_set.name,
            (
                f"## {data_set.name}: defaults, tcm-mini, seeds {seeds}\n\n"
                "`make bench-accuracy` (`python benchmarks/accuracy.py`). Percent, mean ± deviation over seeds.\n\n"
                f"{describe(found)}\n\n{data_set.anchors}"
            ),
        )
    if options.float32:
        text = arithmetic(options.data, options.work, options.seeds)
        write_section("arithmetic", text.replace("\n\n", "\n\n`python benchmarks/accuracy.py --float32`\n\n", 1))
    if options.crossval:
        text = cross_validation(options.data, options.work)
        write_section("tcm-crossval", text.replace("\n\n", "\n\n`python benchmarks/accuracy.py --crossval`\n\n", 1))


if __name__ == "__main__":
    main()
