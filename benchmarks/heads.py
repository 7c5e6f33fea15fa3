"""All heads side by side on the same budget, on published data that lies beside the repository.

    python benchmarks/heads.py [--data ../shared/data] [--heads crf …] [--seeds 42 43 44] [--sets tcm cmeee] [--limit N]

TCM, flat, with the option `flat`: trained on train.json, of which a seeded tenth chooses the epoch; scored on dev.json.
CMeEE, nested: trained on a fixed 3,000 sentences of train, of which a seeded tenth chooses the epoch; scored on all of
dev. Each run is made and measured in a process of its own; those that are complete are not repeated. `--limit N` takes
N documents of each part only, to try the script; its table goes to the screen.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
from results import table, write_section

import bert4ner
from bert4ner.config import Config, ModelConfig

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "pretrained" / "tcm-mini"
HEADS = get_args(get_type_hints(ModelConfig)["head"])
SETS = {                        # to train on, to score on, documents of the former that are drawn, is it flat?
    "tcm": ("tcm/train.json", "tcm/dev.json", None, True),
    "cmeee": ("cmeee/train_data.txt", "cmeee/val_data.txt", 3_000, False),
}
DESCRIPTIONS = {                # what the head mrc asks
    "tcm": ROOT / "examples" / "data" / "leaflets-labels.tsv",
    "cmeee": ROOT / "benchmarks" / "cmeee-labels.tsv",
}
DRAWN_WITH = 20_200_814         # which sentences of CMeEE are trained on is the same for every head and seed


@dataclass(frozen=True)
class Measured:
    """What one training and its scoring gave; shares between 0 and 1, tokens are characters, memory in MiB."""

    f1: float
    precision: float
    recall: float
    nested_recall: float
    nested_gold: int
    seconds_per_epoch: float
    characters_per_second: float
    peak_memory: float


def measure(name: str, head: str, seed: int, data: Path, run: Path, limit: int | None) -> Measured:
    """Train on a set with a head, or take the run that is complete, and recognize the documents to score on."""
    import resource

    train, dev, sample, flat = SETS[name]
    training, gold = bert4ner.read_documents(data / train), bert4ner.read_documents(data / dev)
    if sample:
        chosen = random.Random(DRAWN_WITH).sample(range(len(training)), sample)
        training = [training[number] for number in sorted(chosen)]
    training, gold = training[:limit], gold[:limit]
    config = Config().replace(pretrained=str(PRETRAINED), seed=seed, head=head, flat=flat)
    if head == "mrc":
        config = config.replace(label_descriptions=str(DESCRIPTIONS[name]))
    if limit:
        config = config.replace(epochs=1)
    bert4ner.train_model(training, config, output=run)
    history = [json.loads(line) for line in (run / "fold-0/history.jsonl").read_text(encoding="utf-8").splitlines()]
    recognizer = bert4ner.NamedEntityRecognizer.load(run)
    list(recognizer.recognize_all(document.text for document in gold[:64]))                 # traced, warm
    started = time.perf_counter()
    found = list(recognizer.predict(gold))
    seconds = time.perf_counter() - started
    scores = bert4ner.evaluate(gold, found)
    # Of the processes waited for, training was one; both are on the same machine, the larger counts.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Measured(
        f1=scores.micro.f1, precision=scores.micro.precision, recall=scores.micro.recall,
        nested_recall=scores.nested.recall, nested_gold=scores.nested.gold,
        # The first epoch holds the tracing of the network.
        seconds_per_epoch=float(np.median([line["seconds"] for line in history[1:] or history])),
        characters_per_second=sum(len(document.text) for document in gold) / seconds, peak_memory=peak / 1024,
    )  # fmt: skip


def in_own_process(name: str, head: str, seed: int, options: argparse.Namespace) -> Measured:
    """`measure` in a new process, so that memory is that of one head; kept beside the run."""
    run = options.work / f"{name}-{head}-{seed}{f'-{options.limit}' if options.limit else ''}"
    kept = run.with_suffix(".json")
    if not kept.is_file():
        job = [name, head, str(seed), str(options.data), str(run), str(options.limit or "")]
        command = [sys.executable, __file__, "--measure", *job]
        print(f"{name}: {head}, seed {seed}", file=sys.stderr)
        answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(answer.splitlines()[-1], encoding="utf-8")
    return Measured(**json.loads(kept.read_text(encoding="utf-8")))


def percent(values: list[float]) -> str:
    """Mean and, of several, the standard deviation, in percent."""
    spread = f" ± {100 * np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f}{spread}"


def describe(found: dict[str, list[Measured]]) -> str:
    """A table with a row for each head, mean over seeds."""
    rows = []
    for head, runs in found.items():
        nested = percent([run.nested_recall for run in runs]) if runs[0].nested_gold else "-"
        rows.append([
            head, percent([run.precision for run in runs]), percent([run.recall for run in runs]),
            percent([run.f1 for run in runs]), nested,
            f"{np.mean([run.seconds_per_epoch for run in runs]):.1f}",
            f"{np.mean([run.characters_per_second for run in runs]):,.0f}",
            f"{np.mean([run.peak_memory for run in runs]):,.0f}",
        ])  # fmt: skip
    header = ["head", "P", "R", "micro F1", "nested recall", "s / epoch", "characters / s", "peak MiB"]
    return table(header, rows)


def main() -> None:
    """Measure what is missing, write the sections."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "heads")
    parser.add_argument("--limit", type=int, help="documents of each part, to try the script")
    parser.add_argument("--measure", nargs=6, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, head, seed, data, run, limit = options.measure
        measured = measure(name, head, int(seed), Path(data), Path(run), int(limit) if limit else None)
        print(json.dumps(asdict(measured)))
        return
    for name in options.sets:
        found = {head: [in_own_process(name, head, seed, options) for seed in options.seeds] for head in options.heads}
        text = (
            f"## {name}: all heads, tcm-mini, seeds {', '.join(map(str, options.seeds))}\n\n"
            "`make bench-heads` (`python benchmarks/heads.py`). Percent, mean ± deviation over seeds; nested recall is "
            "that of gold entities that share characters with another; speed is that of recognizing what is scored on, "
            "memory the larger of training and recognizing.\n\n"
            f"{describe(found)}"
        )
        if options.limit:
            print(text)
        else:
            write_section(f"heads-{name}", text)


if __name__ == "__main__":
    main()
