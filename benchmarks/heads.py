"""All heads side by side on the same budget, on published data that lies beside the repository.

    python benchmarks/heads.py [--data ../shared/data] [--heads crf …] [--seeds 42 43 44] [--sets tcm cmeee] [--jobs N]
    python benchmarks/heads.py --speed 3           # seconds instead: every head in turn, three rounds, nothing beside
    python benchmarks/heads.py --limit 40          # to try the script; keeps nothing

TCM, flat: trained on train.json, of which a seeded tenth chooses the epoch; scored on dev.json.
CMeEE, nested: trained on a fixed 3,000 sentences of train, of which a seeded tenth chooses the epoch; scored on all of
dev. The budget of all is the defaults: 10 epochs in batches of 4,096 tokens that the encoder reads.

Everything is measured in a process of its own and kept in measured/heads.jsonl, so that many hours of it can be spread
over days; what stands there for the same configuration is not measured again. A head that is changed itself has the
same configuration: delete its lines. `--jobs` trains so many at once, each on cores of its own, a GPU shared: fine for
scores, not for seconds, which `--speed` measures apart, on each device in a table of its own.
"""

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lanes import Kept, run_jobs, worker

from bert4ner import registry
from bert4ner.config import Config

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "pretrained" / "tcm-mini"
KEPT = Path(__file__).resolve().parent / "measured" / "heads.jsonl"
HEADS = registry.HEADS.names()
SETS = {  # to train on, to score on, documents of the former that are drawn
    "tcm": ("tcm/train.json", "tcm/dev.json", None),
    "cmeee": ("cmeee/train_data.txt", "cmeee/val_data.txt", 3_000),
}
DESCRIPTIONS = {  # what the head mrc asks
    "tcm": ROOT / "examples" / "data" / "leaflets-labels.tsv",
    "cmeee": ROOT / "benchmarks" / "cmeee-labels.tsv",
}


@dataclass(frozen=True)
class Job:
    """One training to be scored or, without a seed, one head to be timed."""

    set: str
    head: str
    seed: int | None

    def config(self, epochs: int | None = None) -> Config:
        """What is trained; the same for every head but for what only one has."""
        config = Config(pretrained=str(PRETRAINED), head=self.head, lexicon="none")
        if self.seed is not None:
            config = config.replace(seed=self.seed)
        if self.head == "mrc":
            config = config.replace(label_descriptions=str(DESCRIPTIONS[self.set]))
        return config if epochs is None else config.replace(epochs=epochs)

    def task(self, options: argparse.Namespace) -> dict[str, Any]:
        """What its process is given, see `arms/head.py`."""
        training, gold, sample = SETS[self.set]
        config = self.config(1 if options.limit else None)
        run = f"{self.set}-{self.head}-{self.seed}{f'-{options.limit}' if options.limit else ''}"
        return {
            "training": str(options.data / training),
            "gold": str(options.data / gold),
            "sample": sample,
            "limit": options.limit,
            "config": config.options(),
            "run": None if self.seed is None else str(options.work / run),
        }

    @property
    def name(self) -> str:
        """For messages and files."""
        return f"{self.set}-{self.head}-{'speed' if self.seed is None else self.seed}"

    @property
    def key(self) -> dict[str, Any]:
        """What figures are found by, beside the configuration."""
        return asdict(self)


def time_in_turn(jobs: list[Job], kept: Kept, options: argparse.Namespace) -> None:
    """Rounds of speed: all heads stand ready in processes of their own, one at a time is measured."""
    with ExitStack() as stack, ThreadPoolExecutor(len(jobs)) as pool:
        workers = list(pool.map(lambda job: stack.enter_context(worker("head", job, options)), jobs))
        list(pool.map(lambda process: process.call(), workers))  # run once, all together: not kept
        for _ in range(options.speed):
            for job, process in zip(jobs, workers, strict=True):
                kept.add(job, process.call()[1])


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "heads")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, each on cores of its own")
    parser.add_argument("--speed", type=int, default=0, metavar="ROUNDS", help="measure speed, so many times")
    parser.add_argument("--limit", type=int, help="documents of each part, to try the script")
    options = parser.parse_args()
    kept = Kept(None if options.limit else KEPT)
    if options.speed:
        for name in options.sets:
            time_in_turn([Job(name, head, None) for head in options.heads], kept, options)
    else:
        jobs = [Job(name, head, seed) for name in options.sets for head in options.heads for seed in options.seeds]
        run_jobs("head", [job for job in jobs if not kept.lines_of(job)], kept, options)
    kept.show()


if __name__ == "__main__":
    main()
