"""All heads side by side on the same budget, on published data that lies beside the repository.

    python benchmarks/heads.py [--data ../shared/data] [--heads crf …] [--seeds 42 43 44] [--sets tcm cmeee] [--jobs N]
    python benchmarks/heads.py --speed 3           # seconds instead: every head in turn, three rounds, nothing beside
    python benchmarks/heads.py --limit 40          # to try the script; its table goes to the screen

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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lanes import Kept, run_jobs, worker
from results import percent, table, write_section

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
        config = Config().replace(pretrained=str(PRETRAINED), head=self.head)
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


def describe(name: str, kept: Kept, options: argparse.Namespace) -> str | None:
    """The section of one set: a table of scores and, for each device, one of speeds; None if nothing was measured."""
    parts = []
    found = {(head, seed): kept.of(Job(name, head, seed)) for head in HEADS for seed in options.seeds}
    scored = {run: figures[-1] for run, figures in found.items() if figures}
    if scored:
        header = ["head", "seeds", "P", "R", "micro F1", "nested recall"]
        seeds = ", ".join(map(str, options.seeds))
        parts.append(
            f"Percent, mean ± deviation over the seeds {seeds}; 10 epochs, all defaults; trained on "
            f"{_devices(scored)}.\n\n{table(header, list(_scores(scored)))}"
        )
    speeds = {head: kept.of(Job(name, head, None)) for head in HEADS}
    for device in sorted({_device(each) for found in speeds.values() for each in found}):
        of_device = {head: [each for each in found if _device(each) == device] for head, found in speeds.items()}
        header = [
            "head",
            "training, s / epoch",
            "× crf",
            "recognizing, characters / s",
            "peak MiB",
            "a step, ms",
            "of it the head, ms",
        ]
        parts.append(
            f"Speed on {device}: medians of rounds of all heads in turn; an epoch is that of the whole set, reckoned "
            "from a part of it; a step is one of training on 16 × 256 tokens, of which the head's share (its layers, "
            "loss and gradient on given vectors) was measured alone; the memory is the GPU's, or without one that of "
            f"the process.\n\n{table(header, list(_speeds(of_device)))}"
        )
    if not parts:
        return None
    head = f"## {name}: all heads, tcm-mini\n\n`make bench-heads` (`python benchmarks/heads.py`)."
    return "\n\n".join([head, *parts])


def _devices(scored: dict[tuple[str, int], dict[str, Any]]) -> str:
    """CPU cores, and which runs a GPU trained."""
    on_gpu: dict[str, list[str]] = {}
    for (head, seed), figures in scored.items():
        if figures["gpu"]:
            on_gpu.setdefault(figures["gpu"], []).append(f"`{head}` {seed}")
    return "; ".join(["CPU cores", *(f"{gpu}: {', '.join(runs)}" for gpu, runs in sorted(on_gpu.items()))])


def _device(figures: dict[str, Any]) -> str:
    return figures["gpu"] or f"{figures['cores']} CPU cores"


def _scores(scored: dict[tuple[str, int], dict[str, Any]]) -> Iterator[list[str]]:
    for head in HEADS:
        scores = [figures for (scored_head, _), figures in scored.items() if scored_head == head]
        if scores:
            measures = [percent([each[part] for each in scores]) for part in ("precision", "recall", "f1")]
            nested = percent([each["nested_recall"] for each in scores]) if scores[0]["nested_gold"] else "-"
            yield [f"`{head}`", str(len(scores)), *measures, nested]


def _speeds(speeds: dict[str, list[dict[str, Any]]]) -> Iterator[list[str]]:
    def median(head: str, figure: str) -> float:
        return float(np.median([each[figure] for each in speeds[head]]))

    for head, found in speeds.items():
        if found:
            seconds = median(head, "seconds_per_epoch")
            ratio = f"{median('crf', 'seconds_per_epoch') / seconds:.2f}" if speeds["crf"] else "-"
            yield [
                f"`{head}`",
                f"{seconds:,.1f}",
                ratio,
                *(f"{median(head, figure):,.0f}" for figure in ("characters_per_second", "peak_mib")),
                *(f"{median(head, figure):,.1f}" for figure in ("step_ms", "head_ms")),
            ]


def main() -> None:
    """Measure what is missing, write the sections."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "heads")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, each on cores of its own")
    parser.add_argument("--speed", type=int, default=0, metavar="ROUNDS", help="measure speed, so many times")
    parser.add_argument("--limit", type=int, help="documents of each part, to try the script")
    parser.add_argument("--table", action="store_true", help="write the sections from what is kept")
    options = parser.parse_args()
    kept = Kept(None if options.limit else KEPT)
    if options.speed:
        for name in options.sets:
            time_in_turn([Job(name, head, None) for head in options.heads], kept, options)
    elif not options.table:
        jobs = [Job(name, head, seed) for name in options.sets for head in options.heads for seed in options.seeds]
        run_jobs("head", [job for job in jobs if not kept.of(job)], kept, options)
    for name in SETS:
        text = describe(name, kept, options)
        if text is not None and options.limit:
            print(text)
        elif text is not None:
            write_section(f"heads-{name}", text)


if __name__ == "__main__":
    main()
