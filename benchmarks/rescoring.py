"""What rescoring adds to models: trained on two thirds of TCM's train.json, rescored by the third, scored on dev.

    python benchmarks/rescoring.py [--data ../shared/data] [--heads w2ner crf] [--seed 42] [--parts 3] [--limit N]
    python benchmarks/rescoring.py --heads w2ner --aims f1 macro-f1
    python benchmarks/rescoring.py --pretrained e5-small-zh --heads w2ner --folds 3

The third (with `--parts 6` the sixth) that the models do not learn from chooses their best epochs, and rescoring is
fitted to what they find there; dev.json is scored twice for each head, without and with rescoring, and once for all
heads rescored together; nothing is chosen on it. With `--folds 3` each head is cross-validated instead: the models of
the folds predict together, and rescoring is fitted to what they find in the documents that they held out. Trainings
that are complete are not repeated; a row is kept for each seed. `--limit N` takes N documents of each part and one
epoch, to try the script; they are not kept.
"""

import argparse
import logging
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from figures import keep_rows

import bert4ner
from bert4ner import Config, Document
from bert4ner.combine.options import parse_aim

ROOT = Path(__file__).resolve().parent.parent
RECIPE: dict[str, Any] = {"lexicon": "train", "modifiers": "ema", "epochs": 6}
NBEST, PARTS, ENCODER, AIM = 8, 3, "tcm-mini", "f1"


def split(documents: list[Document], seed: int, parts: int) -> tuple[list[Document], list[Document]]:
    """All parts but one, and one, each in the order of the file."""
    places = list(range(len(documents)))
    random.Random(seed).shuffle(places)
    held = set(places[: len(documents) // parts])
    found: tuple[list[Document], list[Document]] = ([], [])
    for place, document in enumerate(documents):
        found[place in held].append(document)
    return found


def on_dev(run: Path, gold: list[Document], out_of_fold_f1: float) -> dict[str, Any]:
    """Scores of a run on dev.json, beside its micro F1 on what it held out, shares between 0 and 1."""
    scores = bert4ner.evaluate(gold, bert4ner.load_recognizer(run).predict(gold))
    micro = scores.micro
    return {
        "precision": micro.precision,
        "recall": micro.recall,
        "f1": micro.f1,
        "weighted_f1": scores.weighted.f1,
        "out_of_fold_f1": out_of_fold_f1,
    }


def rescored(runs: list[Path], held: list[Document], gold: list[Document], aim: str) -> dict[str, Any]:
    """The figures of runs that are rescored together by documents that none of them learned from."""
    options = bert4ner.CombineOptions(method="rescoring", nbest=NBEST, aim=parse_aim(aim))
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "rescored"
        estimate = bert4ner.combine_runs(runs, output=output, gold=held, options=options)
        return on_dev(output, gold, estimate.micro.f1)


def measure(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and figures of each row: every head trained or found complete, alone and rescored; then all together."""
    documents = bert4ner.read_documents(options.data / "tcm/train.json")[: options.limit]
    gold = bert4ner.read_documents(options.data / "tcm/dev.json")[: options.limit]
    learned, held = ([], documents) if options.folds else split(documents, options.seed, options.parts)
    share = _in_words(options)
    runs = []
    for head in options.heads:
        config = Config().replace(pretrained=options.pretrained, head=head, seed=options.seed, **RECIPE)
        if options.limit:
            config = config.replace(epochs=1)
        limit = "" if options.limit is None else f"-{options.limit}"
        run = options.work / (f"{head}-{options.seed}{share}".replace("/", "-").replace(", ", "-") + limit)
        if options.folds:
            scores = bert4ner.cross_validate(documents, config, output=run, folds=options.folds)
        else:
            scores = bert4ner.train_model(learned, config, output=run, valid=held)
        runs.append(run)
        yield f"`{head}`{share}", on_dev(run, gold, scores.micro.f1)
        yield from _rescored_for(options.aims, [head], [run], held, gold, share)
    if len(runs) > 1:
        yield from _rescored_for(options.aims, options.heads, runs, held, gold, share)


def _rescored_for(
    aims: list[str], heads: list[str], runs: list[Path], held: list[Document], gold: list[Document], share: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each objective; its name says which unless it is the default."""
    for aim in aims:
        names = [*heads, "rescoring", *([] if aim == AIM else [aim])]
        yield ", ".join(f"`{name}`" for name in names) + share, rescored(runs, held, gold, aim)


def _in_words(options: argparse.Namespace) -> str:
    """What distinguishes a row from those of two thirds and the bundled encoder."""
    parts = "" if options.parts == PARTS else f", {options.parts - 1}/{options.parts}"
    folds = f", {options.folds} folds" if options.folds else parts
    encoder = Path(options.pretrained).name
    return folds + ("" if encoder == ENCODER else f", {encoder}")


def main() -> None:
    """Train what is missing, rescore, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--heads", nargs="+", default=["w2ner", "crf"])
    parser.add_argument("--pretrained", default=ENCODER, help="a bundled encoder, or a folder; its name is in the rows")
    parser.add_argument("--aims", nargs="+", default=[AIM], help="what thresholds are chosen for, as in combine --aim")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--parts", type=int, default=PARTS, help="one of so many parts is held out")
    parser.add_argument("--folds", type=int, help="cross-validate on all documents instead")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "rescoring")
    parser.add_argument("--limit", type=int, help="documents of each part, to try the script")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for row, figures in measure(options):
        print(row, figures)
        if not options.limit:
            keep_rows("combine", "rescoring", {row: figures}, seed=options.seed)


if __name__ == "__main__":
    main()
