"""What texts without annotation, and annotation that models agree on, add to a recipe on TCM: each alone, and together.

    python benchmarks/unlabelled.py [--data ../shared/data] [--seed 42] [--arms pre-training together] [--limit N]
    python benchmarks/unlabelled.py --pretrained e5-small-zh --pretrain 10 --arms "the recipe alone" pre-training

Every arm is the recipe (CRF, lexicon, ema, 6 epochs) on train.json, whose held-out tenth chooses the best epoch, scored
on dev.json; nothing is chosen on it. Pre-training: the encoder has learned some epochs (30) from the texts of
train.json and test.json. Pseudo-labels: the model of the same arm without them labels test.json. Denoised: where models
of two heads that did not see a document agree against its annotation, it is changed, except in the held-out tenth, on
which the scores are a little too high, because the models that changed the others had learned from it. The encoder is
pre-trained once and the annotation denoised once, whatever the seed of the arm. A row is kept for each arm and seed;
trainings that are complete are not repeated. `--limit N` takes N documents of each part in small batches, to try the
script; its rows are not kept.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from figures import keep_rows
from rescoring import ENCODER, RECIPE, on_dev, split

import bert4ner
from bert4ner import Config, Document
from bert4ner.combine.opinions import ask_runs
from bert4ner.scoring.agreement import agreed_changes, apply_changes

ROOT = Path(__file__).resolve().parent.parent
ARMS = {  # of which of the three an arm consists
    "the recipe alone": (),
    "pre-training": ("pre-training",),
    "pseudo-labels": ("pseudo-labels",),
    "pre-training, pseudo-labels": ("pre-training", "pseudo-labels"),
    "denoised": ("denoised",),
    "together": ("pre-training", "pseudo-labels", "denoised"),
}
HEADS = "crf", "efficient_global_pointer"  # the first is scored; both judge the annotation
FOLDS, PARTS = 3, 10  # one part of PARTS is held out
ONCE = 42
"""The seed of the pre-training, and of the models that judge the annotation."""


@dataclass
class Trainings:
    """Trains what an arm needs, once."""

    options: argparse.Namespace
    annotated: list[Document] = field(init=False)
    held: list[Document] = field(init=False)
    """The tenth of them that chooses the best epoch."""
    new: list[Document] = field(init=False)
    files: tuple[Path, Path] = field(init=False)

    def __post_init__(self) -> None:
        self.files = self.options.data / "tcm/train.json", self.options.data / "tcm/test.json"
        self.annotated, self.new = (bert4ner.read_documents(file)[: self.options.limit] for file in self.files)
        _, self.held = split(self.annotated, self.options.seed, PARTS)

    def folder(self, *words: object, seed: int) -> Path:
        """Where something of these options is kept."""
        limit = [] if self.options.limit is None else [self.options.limit]
        work: Path = self.options.work
        encoder = [] if self.options.pretrained == ENCODER else [Path(self.options.pretrained).name]
        return work / "-".join(map(str, [*encoder, *words, seed, *limit]))

    @cached_property
    def pretrained(self) -> str:
        """What the encoder becomes on the texts."""
        given, rounds = self.options.pretrained, 1 if self.options.limit else self.options.pretrain
        options = bert4ner.PretrainingOptions().replace(pretrained=given, epochs=rounds, seed=ONCE)
        output = self.folder("encoder", seed=ONCE)
        history = bert4ner.pretrain(self.files, options, output=output)
        if not self.options.limit:
            minutes = sum(line.get("seconds", 0) for line in history) / 60
            before, after = history[0]["perplexity"], history[-1]["perplexity"]
            rows = {
                Path(given).name: {"epochs": 0, "perplexity": before},
                f"{Path(given).name}, pre-trained on TCM": {"epochs": rounds, "perplexity": after, "minutes": minutes},
            }
            keep_rows("unlabelled", "pretraining", rows, others_stay=True)
        return str(output)

    def config(self, encoder: str, head: str, seed: int) -> Config:
        """The recipe."""
        config = Config().replace(pretrained=encoder, head=head, seed=seed, **RECIPE)
        return config.replace(batch_tokens=512) if self.options.limit else config  # else they find nothing

    @cached_property
    def denoised(self) -> list[Document]:
        """The annotated documents, changed where the models of all heads that did not see one agree against it."""
        runs = [self.folder("folds", head, seed=ONCE) for head in HEADS]
        for head, run in zip(HEADS, runs, strict=True):
            config = self.config(self.options.pretrained, head, ONCE)
            bert4ner.cross_validate(self.annotated, config, output=run, folds=FOLDS)
        return apply_changes(self.annotated, agreed_changes(ask_runs(runs, self.annotated), least_models=len(HEADS)))

    def run(self, parts: Sequence[str]) -> tuple[Path, bert4ner.Scores]:
        """The run of an arm and its scores on the held-out tenth; with pseudo-labels those of the arm without them."""
        more = bert4ner.MoreText()
        if "pseudo-labels" in parts:
            teacher, _ = self.run([part for part in parts if part != "pseudo-labels"])
            (lesson,) = bert4ner.pseudo_label(teacher, self.new)
            more = bert4ner.MoreText(pseudo=lesson.labelled)
        names = {document.id for document in self.held}
        documents = self.denoised if "denoised" in parts else self.annotated
        learned = [document for document in documents if document.id not in names]
        seed: int = self.options.seed
        encoder = self.pretrained if "pre-training" in parts else self.options.pretrained
        output, config = self.folder("arm", *parts, seed=seed), self.config(encoder, HEADS[0], seed)
        return output, bert4ner.train_model(learned, config, output=output, valid=self.held, more=more)


def main() -> None:
    """Train what is missing, arm by arm, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--pretrained", default=ENCODER, help="a bundled encoder, or a folder; its name is in the rows")
    parser.add_argument("--pretrain", type=int, default=30, metavar="EPOCHS")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "unlabelled")
    parser.add_argument("--limit", type=int, help="documents of each part, to try the script")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    trainings = Trainings(options)
    gold = bert4ner.read_documents(options.data / "tcm/dev.json")[: options.limit]
    for arm in options.arms:
        run, held_out = trainings.run(ARMS[arm])
        figures = on_dev(run, gold, held_out.micro.f1)
        row = arm if options.pretrained == ENCODER else f"{arm}, {Path(options.pretrained).name}"
        print(row, figures)
        if not options.limit:
            keep_rows("unlabelled", "arms", {row: figures}, seed=options.seed)


if __name__ == "__main__":
    main()
