"""What combining gives: 5-fold cross-validation of unlike heads on TCM's train.json, every level scored on dev.json.

    python benchmarks/combine.py [--data ../shared/data] [--heads crf efficient_global_pointer span] [--limit N]

Everything that is chosen (best epochs, quorum, thresholds, the model of stacking) is chosen on folds of train.json;
dev.json is scored once for each row and nothing is chosen on it. Runs that are complete are not repeated. `--limit N`
takes N documents of each part and four epochs, to try the script; its table goes to the screen.
"""

import argparse
import json
import logging
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from results import table, write_section

import bert4ner
from bert4ner.combine.options import CombineOptions, parse_aim
from bert4ner.config import Config

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "pretrained" / "tcm-mini"
HEADS = ("crf", "efficient_global_pointer", "span")
LEVELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("probabilities averaged, at least 0.5", {"aim": "none"}),
    ("probabilities averaged, thresholds for F1", {"aim": "f1"}),
    ("votes, quorum chosen out of fold", {"method": "vote", "quorum": "auto"}),
    ("stacking, thresholds for F1", {"method": "stacking", "aim": "f1"}),
    ("candidates of 5 best paths, averaged, thresholds for F1", {"nbest": 5, "aim": "f1"}),
    ("candidates of 5 best paths, stacking, thresholds for F1", {"method": "stacking", "nbest": 5, "aim": "f1"}),
    ("candidates of 50 best paths, stacking, thresholds for F1", {"method": "stacking", "nbest": 50, "aim": "f1"}),
    ("the same, thresholds for F1.5", {"method": "stacking", "nbest": 50, "aim": "f1.5"}),
    ("the same, thresholds for F2", {"method": "stacking", "nbest": 50, "aim": "f2"}),
)


@dataclass(frozen=True)
class Level:
    """Scores on dev.json, shares between 0 and 1, and micro F1 out of fold."""

    precision: float
    recall: float
    f1: float
    out_of_fold: float | None = None


def trained(head: str, documents: list[bert4ner.Document], options: argparse.Namespace) -> Path:
    """The cross-validation of one head; goes on where it stopped."""
    config = Config().replace(pretrained=str(PRETRAINED), head=head, flat=True)
    if options.limit:
        config = config.replace(epochs=4)
    run = options.work / f"{head}{f'-{options.limit}' if options.limit else ''}"
    bert4ner.cross_validate(documents, config, output=run, folds=options.folds)
    return run


def scored(path: Path, gold: list[bert4ner.Document], kept: Path, out_of_fold: float | None = None) -> Level:
    """What a fold, a run or a combination gives on dev.json; kept in a file."""
    if not kept.is_file():
        micro = bert4ner.evaluate(gold, bert4ner.load_recognizer(path).predict(gold)).micro
        level = Level(micro.precision, micro.recall, micro.f1, out_of_fold)
        kept.write_text(json.dumps(asdict(level)), encoding="utf-8")
    return Level(**json.loads(kept.read_text(encoding="utf-8")))


def combined(
    number: int, runs: list[Path], training: list[bert4ner.Document], gold: list[bert4ner.Document],
    options: argparse.Namespace,
) -> Level:  # fmt: skip
    """One level of `LEVELS`; the combined run itself, copies of all models, is not kept."""
    given = dict(LEVELS[number][1])
    if "aim" in given:
        given["aim"] = parse_aim(given["aim"])
    path = options.work / f"level-{number}-{'-'.join(run.name for run in runs)}"
    kept = path.with_name(f"{path.name}.dev.json")
    if kept.is_file():
        return Level(**json.loads(kept.read_text(encoding="utf-8")))
    shutil.rmtree(path, ignore_errors=True)
    scores = bert4ner.combine_runs(runs, output=path, gold=training, options=CombineOptions(**given))
    level = scored(path, gold, kept, scores.micro.f1 if scores else None)
    (path / "combination.json").replace(path.with_name(f"{path.name}.combination.json"))
    shutil.rmtree(path)
    return level


def out_of_fold(run: Path) -> float:
    """Micro F1 of a run's own out-of-fold predictions."""
    return float(json.loads((run / "scores.json").read_text(encoding="utf-8"))["out_of_fold"]["micro"]["f1"])


def mean(levels: list[Level]) -> Level:
    """The mean of several levels."""
    return Level(*(float(np.mean([getattr(each, name) for each in levels])) for name in ("precision", "recall", "f1")))


def describe(rows: list[tuple[str, Level]], base: Level) -> str:
    """A table with a row for each level; differences are to the mean single model."""
    lines = []
    for name, level in rows:
        measures = [f"{100 * value:.2f}" for value in (level.precision, level.recall, level.f1)]
        changes = [
            f"{100 * (getattr(level, name) - getattr(base, name)):+.2f}" for name in ("precision", "recall", "f1")
        ]
        nested = "-" if level.out_of_fold is None else f"{100 * level.out_of_fold:.2f}"
        lines.append([name, *measures, *changes, nested])
    header = ["on dev.json", "P", "R", "micro F1", "P, change", "R, change", "F1, change", "micro F1 out of fold"]
    return table(header, lines)


def main() -> None:
    """Train what is missing, combine, score, write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--heads", nargs="+", default=list(HEADS))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "combine")
    parser.add_argument("--limit", type=int, help="documents of each part, to try the script")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    training = bert4ner.read_documents(options.data / "tcm/train.json")[: options.limit]
    gold = bert4ner.read_documents(options.data / "tcm/dev.json")[: options.limit]
    runs = [trained(head, training, options) for head in options.heads]
    rows: list[tuple[str, Level]] = []
    singles: list[Level] = []
    for head, run in zip(options.heads, runs, strict=True):
        folds = [
            scored(run / f"fold-{fold}", gold, run.with_name(f"{run.name}-fold-{fold}.dev.json"))
            for fold in range(options.folds)
        ]
        singles += folds
        rows.append((f"`{head}`, mean single model", mean(folds)))
        whole = scored(run, gold, run.with_name(f"{run.name}.dev.json"), out_of_fold(run))
        rows.append((f"`{head}`, {options.folds} folds averaged", whole))
    base = mean(singles)
    rows.insert(0, ("**mean single model of all heads**", base))
    for number, (name, _) in enumerate(LEVELS):
        try:
            rows.append((f"all heads: {name}", combined(number, runs, training, gold, options)))
        except bert4ner.DataError as error:                 # so few documents may hold nothing to learn from
            if not options.limit:
                raise
            print(f"{name}: {error}")
    text = (
        f"## TCM: {options.folds}-fold cross-validation of {', '.join(options.heads)} on train.json, combined, on "
        "dev.json\n\n`make bench-combine` (`python benchmarks/combine.py`). Percent; defaults, tcm-mini, `flat`, seed "
        "42. Changes are to the mean single model of all heads. Everything that is chosen is chosen on folds of "
        "train.json; F1 out of fold is of folds that nothing but best epochs was chosen on.\n\n"
        f"{describe(rows, base)}"
    )
    if options.limit:
        print(text)
    else:
        write_section("combine", text)


if __name__ == "__main__":
    main()
