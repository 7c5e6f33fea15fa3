"""What each trick of training is worth: none, each alone, and the best of them together.

    python benchmarks/ablation.py [--data ../shared/data] [--tricks lexicon ema …] [--seeds 42] [--sets tcm weibo]
    python benchmarks/ablation.py --limit 40     # to try the script; keeps nothing

TCM: trained on train.json, of which a seeded tenth chooses the epoch; scored on dev.json. Weibo (second version)
and Resume: trained on train, the epoch chosen on dev, scored on test, and on those of its rows that occur in neither.
What is worth having together is chosen by the column "held out" (the documents that choose the epoch), never by the
scores beside it.

Every training is a line in measured/ablation.jsonl and is not repeated; begin with one seed, then give three to what
gains: `--tricks lexicon --seeds 42 43 44`.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanes import Kept, run_jobs

from bert4ner.config import Config

ROOT = Path(__file__).resolve().parent.parent
KEPT = Path(__file__).resolve().parent / "measured" / "ablation.jsonl"
PLAIN = "no trick"
TRICKS: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "lexicon": {"lexicon": "train"},
    "lexicon and jieba": {"lexicon": "train,jieba"},
    "ema": {"modifiers": "ema"},
    "swa": {"modifiers": "swa"},
    "fgm": {"modifiers": "fgm"},
    "pgd": {"modifiers": "pgd:steps=3"},
    "freelb": {"modifiers": "freelb:steps=3"},
    "vat": {"modifiers": "vat"},
    "gradient penalty": {"modifiers": "gradient_penalty"},
    "r-drop": {"modifiers": "r_drop"},
    "label smoothing": {"label_smoothing": 0.1},
    "dropout samples": {"dropout_samples": 4},
    "cosine": {"schedule": "cosine"},
    "layer decay": {"layer_decay": 0.9},
    "freeze": {"modifiers": "freeze:layers=2"},
    "reinitialise": {"reinitialise_layers": 1},
    "repeat rare": {"repeat_rare": 0.3},
    "replace mentions": {"replace_mentions": 0.2},
    "swap mentions": {"swap_mentions": 0.2},
    "w2ner": {"head": "w2ner"},
    "w2ner, lexicon, ema": {"head": "w2ner", "lexicon": "train", "modifiers": "ema", "epochs": 6},
    "lexicon, ema": {"lexicon": "train", "modifiers": "ema"},
}
SETS = {  # to train on, to choose the epoch on (None: a tenth of the former), to score on
    "tcm": ("tcm/train.json", None, "tcm/dev.json"),
    "weibo": ("weibo/weiboNER_2nd_conll.train", "weibo/weiboNER_2nd_conll.dev", "weibo/weiboNER_2nd_conll.test"),
    "resume": ("resume/train.char.bmes", "resume/dev.char.bmes", "resume/test.char.bmes"),
}


@dataclass(frozen=True)
class Job:
    """One training."""

    set: str
    encoder: str
    trick: str
    seed: int

    def config(self) -> Config:
        """The defaults but for the lexicon, which is a trick like others, and the trick."""
        return Config(**{"lexicon": "none", "seed": self.seed, **TRICKS[self.trick]})

    def task(self, options: argparse.Namespace) -> dict[str, Any]:
        """What its process is given, see `arms/training.py`."""
        training, valid, gold = (each and str(options.data / each) for each in SETS[self.set])
        config = self.config().replace(pretrained=str(options.pretrained), **({"epochs": 1} if options.limit else {}))
        run = options.work / (self.name + (f"-{options.limit}" if options.limit else ""))
        return {
            "training": training,
            "valid": valid,
            "gold": gold,
            "limit": options.limit,
            "config": config.options(),
            "run": str(run),
        }

    @property
    def name(self) -> str:
        """For messages and files."""
        return "-".join([self.set, self.encoder, self.trick.replace(" ", "-"), str(self.seed)])

    @property
    def key(self) -> dict[str, Any]:
        """What its figures are found by, beside the configuration: a trick may be called otherwise tomorrow."""
        return {"set": self.set, "encoder": self.encoder}


def jobs_of(options: argparse.Namespace) -> Iterator[Job]:
    """What is asked for; all tricks of one seed before the next."""
    for name in options.sets:
        for seed in options.seeds:
            for trick in options.tricks:
                yield Job(name, options.encoder, trick, seed)


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--tricks", nargs="+", choices=TRICKS, default=list(TRICKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["tcm"])
    parser.add_argument("--pretrained", type=Path, default=ROOT / "pretrained" / "tcm-mini")
    parser.add_argument("--encoder", default="tcm-mini", help="what it is called in the table")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "ablation")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, each on cores of its own")
    parser.add_argument("--limit", type=int, help="documents of each part, to try the script")
    options = parser.parse_args()
    kept = Kept(None if options.limit else KEPT)
    run_jobs("training", [job for job in jobs_of(options) if not kept.lines_of(job)], kept, options)
    kept.show()


if __name__ == "__main__":
    main()
