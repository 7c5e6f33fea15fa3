"""What combining gives: 5-fold cross-validation of different heads on TCM's train.json, scored on dev.json.

    python benchmarks/combine.py [--data ../shared/data] [--heads crf efficient_global_pointer span] [--limit N]

Everything that is chosen (best epochs, quorum, thresholds, the model of stacking) is chosen on folds of train.json;
dev.json is scored once for each row and nothing is chosen on it. Runs that are complete are not repeated. `--limit N`
takes N documents of each part and four epochs, to try the script; they are not kept.
"""

import argparse
import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from figures import keep_rows

import bert4ner
from bert4ner.combine.candidates import Evidence
from bert4ner.combine.evidence import gather_probabilities, gather_votes, open_member
from bert4ner.combine.fitting import Search, apply, cross_fit, fit
from bert4ner.combine.members import open_members
from bert4ner.combine.probabilities import average_probabilities
from bert4ner.combine.recognizer import CombinedRecognizer
from bert4ner.combine.thresholds import Aim
from bert4ner.config import Config
from bert4ner.runs.combination import Combination, Method
from bert4ner.runs.rules import Rule

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "pretrained" / "tcm-mini"
F1_AIM, RECALL_AIM, PRECISION_COST = 1.5, 4, 3  # points, of combining over the mean single model
HEADS = ("crf", "efficient_global_pointer", "span")


@dataclass(frozen=True)
class Way:
    """One way to combine the runs; what it leaves open is fitted to out-of-fold predictions."""

    title: str
    method: Method
    aim: str | None = None
    nbest: int = 1


WAYS = (
    Way("probabilities averaged, at least 0.5", "probability"),
    Way("votes, quorum chosen out of fold", "vote"),
    Way("probabilities averaged, thresholds for F1", "probability", "f1"),
    Way("stacking, thresholds for F1", "stacking", "f1"),
    Way("candidates of 5 best paths, averaged, thresholds for F1", "probability", "f1", 5),
    Way("candidates of 5 best paths, stacking, thresholds for F1", "stacking", "f1", 5),
    Way("the same, thresholds for macro F1", "stacking", "macro-f1", 5),
    Way("the same, thresholds for F1.5", "stacking", "f1.5", 5),
    Way("the same, thresholds for F2", "stacking", "f2", 5),
)


@dataclass(frozen=True)
class Level:
    """Scores on dev.json, shares between 0 and 1, and micro F1 out of fold."""

    precision: float
    recall: float
    f1: float
    out_of_fold: float | None = None
    weighted_f1: float | None = None


def trained(head: str, documents: list[bert4ner.Document], options: argparse.Namespace) -> Path:
    """The cross-validation of one head; goes on where it stopped."""
    config = Config(pretrained=str(PRETRAINED), head=head, lexicon="none")
    if options.limit:
        config = config.replace(epochs=4)
    run = options.work / f"{head}{f'-{options.limit}' if options.limit else ''}"
    bert4ner.cross_validate(documents, config, output=run, folds=options.folds)
    return run


def level_of(scores: bert4ner.Scores, out_of_fold: float | None) -> Level:
    """What is kept of scores on dev.json."""
    micro = scores.micro
    return Level(micro.precision, micro.recall, micro.f1, out_of_fold, scores.weighted.f1)


def scored(path: Path, gold: list[bert4ner.Document], kept: Path, out_of_fold: float | None = None) -> Level:
    """What a fold, a run or a combination gives on dev.json; kept in a file."""
    if not kept.is_file():
        scores = bert4ner.evaluate(gold, bert4ner.load_recognizer(path).predict(gold))
        level = level_of(scores, out_of_fold)
        kept.write_text(json.dumps(asdict(level)), encoding="utf-8")
    return Level(**json.loads(kept.read_text(encoding="utf-8")))


class Combined:
    """The runs together; what they say of the documents is asked once for each number of best paths."""

    def __init__(self, runs: list[Path], training: list[bert4ner.Document], dev: list[bert4ner.Document]):
        self.recognizers = [bert4ner.NamedEntityRecognizer.load(run) for run in runs]
        opened = open_members(runs)
        self.members = [open_member([run], each) for run, each in zip(opened, self.recognizers, strict=True)]
        by_id = {document.id: document for document in training}
        self.gold = [by_id[each.id] for each in self.members[0].predicted]
        self.folds = [opened[0].record.held_out_in[document.id][0] for document in self.gold]
        self.dev = dev
        self.said: dict[int, tuple[list[Evidence], list[Evidence]]] = {}

    def evidence(self, nbest: int) -> tuple[list[Evidence], list[Evidence]]:
        """Probabilities of all candidates, out of fold and on dev.json."""
        if nbest not in self.said:
            found = average_probabilities(self.recognizers, self.dev, batch_tokens=8192, nbest=nbest)
            on_dev = [
                Evidence(bert4ner.Document(each.id, each.text, tuple(candidates)), probabilities)
                for each, (candidates, probabilities) in zip(self.dev, found, strict=True)
            ]
            self.said[nbest] = gather_probabilities(self.members, self.recognizers, nbest), on_dev
        return self.said[nbest]

    def level(self, way: Way) -> "Level":
        """Scores of one way, and micro F1 of what was fitted to the other folds."""
        number, voting = len(self.members), way.method == "vote"
        rule = Rule(0.0 if voting else 0.5, nbest=way.nbest)
        names = tuple(member.name for member in self.members)
        quorum = number // 2 + 1 if voting else 1
        combination = Combination(way.method, names, (1.0,) * number, quorum=quorum, rule=rule)
        search = Search(None if way.aim is None else Aim.parse(way.aim), quorum=voting)
        evidence, on_dev = (gather_votes(self.members), None) if voting else self.evidence(way.nbest)
        estimate = cross_fit(self.gold, evidence, self.folds, combination, search).selected
        whole = fit(self.gold, evidence, combination, search)
        recognizer = CombinedRecognizer(self.recognizers, whole)
        found = list(recognizer.predict(self.dev)) if on_dev is None else apply(whole, on_dev).selected
        return level_of(bert4ner.evaluate(self.dev, found), bert4ner.evaluate(self.gold, estimate).micro.f1)


def out_of_fold(run: Path) -> float:
    """Micro F1 of a run's own out-of-fold predictions."""
    return float(json.loads((run / "scores.json").read_text(encoding="utf-8"))["out_of_fold"]["micro"]["f1"])


def mean(levels: list[Level]) -> Level:
    """The mean of several levels."""
    return Level(*(float(np.mean([getattr(each, name) for each in levels])) for name in ("precision", "recall", "f1")))


def figures_of(level: Level, spread: float | None = None) -> dict[str, Any]:
    """What is kept of a level; with the deviation of F1 over several models."""
    figures = {**asdict(level), "out_of_fold_f1": level.out_of_fold}
    del figures["out_of_fold"]
    return figures if spread is None else {**figures, "f1": [level.f1, spread]}


def verdict(levels: dict[Way, Level], base: Level) -> str:
    """Which targets are reached; for F1, by the way that is best out of fold."""
    best = max((way for way in levels if way.aim == "f1"), key=lambda way: levels[way].out_of_fold or 0.0)
    gain = 100 * (levels[best].f1 - base.f1)
    lines = [
        f"Best for F1 out of fold: {best.title}. On dev.json F1 {gain:+.2f} (target +{F1_AIM}): "
        f"{'reached' if gain >= F1_AIM else '**not** reached'}."
    ]
    for way in (way for way in levels if way.aim in ("f1.5", "f2")):
        level = levels[way]
        recall, precision = 100 * (level.recall - base.recall), 100 * (level.precision - base.precision)
        reached = recall >= RECALL_AIM and precision >= -PRECISION_COST
        lines.append(
            f"Thresholds for {way.aim.upper()}: recall {recall:+.2f} (target +{RECALL_AIM}) "
            f"at precision {precision:+.2f} (at most -{PRECISION_COST}): {'reached' if reached else '**not** reached'}."
        )
    return "\n".join(lines)


def main() -> None:
    """Train what is missing, combine, score, keep the figures."""
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
    rows: dict[str, dict[str, Any]] = {}
    singles: list[Level] = []
    for head, run in zip(options.heads, runs, strict=True):
        folds = [
            scored(run / f"fold-{fold}", gold, run.with_name(f"{run.name}-fold-{fold}.dev.json"))
            for fold in range(options.folds)
        ]
        singles += folds
        spread = float(np.std([each.f1 for each in folds], ddof=1))
        rows[f"`{head}`, mean single model"] = figures_of(mean(folds), spread)
        whole = scored(run, gold, run.with_name(f"{run.name}.dev.json"), out_of_fold(run))
        rows[f"`{head}`, {options.folds} folds averaged"] = figures_of(whole)
    base = mean(singles)
    rows = {"mean single model of all heads": figures_of(base), **rows}
    together = Combined(runs, training, gold)
    levels = {way: together.level(way) for way in WAYS}
    rows.update({f"all heads: {way.title}": figures_of(level) for way, level in levels.items()})
    for name, figures in rows.items():
        print(name, figures)
    print(verdict(levels, base))
    if not options.limit:
        keep_rows("combine", "combine", rows)


if __name__ == "__main__":
    main()
