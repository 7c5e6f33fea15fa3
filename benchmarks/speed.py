"""Speed of this library beside the published bert4keras recipe and beside transformers with pytorch-crf.

    python benchmarks/speed.py [--data ../shared/data/tcm] [--epochs 4] [--rounds 5] [--work runs/speed] [--kept]

One process per arm, all measured in turn: an epoch of each, an evaluation of each, and again. All learn the same
windows of the same documents from the same weights with the same dropout, schedule and number of epochs, and their
entities are scored by the same function. Needs the extra `bench`. Without --data, the bundled sample is taken and
nothing is kept in measured/; --kept computes the rows anew from what the last run measured.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from contest import WINDOW, as_documents, encoder_folder, windows_of
from figures import keep_rows
from workers import Worker

import bert4ner
from bert4ner.backend.frameworks import tf
from bert4ner.models.backbone import encoder_parameters
from bert4ner.models.precision import resolve_precision

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "pretrained" / "tcm-mini"
DROPOUT = 0.3
CRF_RATE = 2e-2  # as published: 2e-5 with a multiplier of 1000; tenfold the rate of the head
TEXTS = {"short": (1000, 30), "medium": (200, 250), "long": (10, 5000)}  # number, characters
RECIPE_SHARE = 10  # the recipe takes one text at a time: a tenth of the texts suffices
BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
BASE_WINDOWS = 32

AIMS = {  # how many times as fast as an arm this library should be, by the row's title
    "training epoch, s": {"published recipe": 3.0, "PyTorch": 1.5},
    "evaluation of dev, s": {"published recipe": 20.0},
    "1,000 texts of 30 characters, s": {"PyTorch": 1.5},
    "200 texts of 250 characters, s": {"PyTorch": 1.5},
    "10 texts of 5,000 characters, s": {"PyTorch": 1.5},
    "training step, 12 layers of width 768, 16 × 256, s": {"published recipe": 1.5, "PyTorch": 1.0},
}

COLUMNS = {"published recipe": "recipe", "PyTorch": "pytorch", "bert4ner": "bert4ner"}


@dataclass
class Arm:
    """A contestant and what was measured of it, seconds."""

    title: str
    script: str
    precision: str
    epochs: list[float] = field(default_factory=list)
    evaluations: list[float] = field(default_factory=list)
    texts: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in TEXTS})
    latencies: list[float] = field(default_factory=list)
    base: list[float] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    f1: float = 0.0
    startup: float = 0.0
    peak_mib: float = 0.0


def arms() -> list[Arm]:
    """The contestants, this library last."""
    return [
        Arm("published recipe", "recipe", "float32"),
        Arm("PyTorch", "pytorch", "bfloat16"),
        Arm("bert4ner", "library", "auto"),
    ]


def make_task(data: Path | None, options: argparse.Namespace) -> dict[str, Any]:
    """Windows to learn and to score, texts to recognize."""
    if data is None:
        documents = bert4ner.read_documents(ROOT / "examples/data/leaflets.jsonl")
        train, dev = windows_of(documents[:100]), windows_of(documents[100:])
    else:
        train, dev = (windows_of(bert4ner.read_documents(data / f"{part}.json")) for part in ("train", "dev"))
    everything = "".join(window["text"] for window in dev + train)
    texts = {
        name: [{"text": (everything * 9)[place * size : (place + 1) * size]} for place in range(number)]
        for name, (number, size) in TEXTS.items()
    }
    labels = sorted({label for window in train + dev for _, _, label in window["entities"]})
    return {
        "seed": options.seed,
        "labels": labels,
        "train": train,
        "dev": dev,
        "epochs": options.epochs,
        "learning_rate": 1e-3,
        "crf_rate": CRF_RATE,
        "window": WINDOW,
        **texts,
    }


def measure_mini(contestants: list[Arm], task: dict[str, Any], options: argparse.Namespace) -> None:
    """Epochs and evaluations in turn, then recognition in turn."""
    gold = as_documents(task["dev"], [window["entities"] for window in task["dev"]])
    with ExitStack() as stack:
        workers = [
            stack.enter_context(Worker(arm.script, {**task, "precision": arm.precision}, options.work, arm.title))
            for arm in contestants
        ]
        for epoch in range(options.epochs):
            for arm, worker in zip(contestants, workers, strict=True):
                seconds, arm.counted = worker.call(do="train", epoch=epoch)
                arm.epochs.append(seconds)
            for arm, worker in zip(contestants, workers, strict=True):
                seconds, found = worker.call(do="predict", texts="dev")
                arm.evaluations.append(seconds)
                arm.f1 = bert4ner.evaluate(gold, as_documents(task["dev"], found)).micro.f1
                print(
                    f"epoch {epoch + 1}  {arm.title}: {arm.epochs[-1]:.1f} s, dev {seconds:.2f} s, F1 {arm.f1:.4f}",
                    flush=True,
                )
        for _ in range(options.rounds):
            for arm, worker in zip(contestants, workers, strict=True):
                for name, (number, _) in TEXTS.items():
                    part = number // (RECIPE_SHARE if arm.script == "recipe" else 1)
                    seconds, _ = worker.call(do="predict", texts=name, number=part)
                    arm.texts[name].append(seconds * number / part)
                arm.latencies += worker.call(do="latency", number=20)[1]
        for arm, worker in zip(contestants, workers, strict=True):
            arm.startup, arm.peak_mib = worker.startup, worker.peak_mib


def measure_base(contestants: list[Arm], task: dict[str, Any], options: argparse.Namespace) -> None:
    """A few training steps of a 12-layer, width-768 encoder on full windows, in turn."""
    full = sorted(task["train"], key=lambda window: -len(window["text"]))[:BASE_WINDOWS]
    config = {**json.loads((PRETRAINED / "bert_config.json").read_text(encoding="utf-8")), **dropouts(), **BASE}
    folder = encoder_folder(options.work / "base", config, PRETRAINED, weights=False)
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                Worker(
                    arm.script,
                    {**task, "train": full, "pretrained": str(folder), "precision": arm.precision},
                    options.work,
                    f"{arm.title} base",
                )
            )
            for arm in contestants
        ]
        for epoch in range(4):
            for arm, worker in zip(contestants, workers, strict=True):
                arm.base.append(worker.call(do="train", epoch=epoch)[0] / (BASE_WINDOWS / 16))
                print(f"base step  {arm.title}: {arm.base[-1]:.2f} s", flush=True)


def dropouts() -> dict[str, float]:
    return {"hidden_dropout_prob": DROPOUT, "attention_probs_dropout_prob": DROPOUT}


def matmul_rate(dtype: str) -> float:
    """GFLOP/s of a large matrix product, the best of some: what the machine can do at most."""
    size, best = 2048, 1e9
    left = tf.cast(tf.random.normal((size, size)), dtype)
    multiply = tf.function(lambda matrix: tf.reduce_sum(tf.cast(tf.matmul(matrix, matrix)[0], "float32")))
    for _ in range(12):
        started = time.perf_counter()
        multiply(left).numpy()
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best / 1e9


def forward_flops(windows: list[dict[str, Any]], config: dict[str, Any]) -> float:
    """Multiplications and additions of a forward pass without padding: blocks and attention. Training needs thrice."""
    lengths = [len(window["text"]) + 2 for window in windows]
    attention = 4 * config["hidden_size"] * config["num_hidden_layers"]
    return sum(2 * encoder_parameters(config) * length + attention * length**2 for length in lengths)


def against_aims(rows: dict[str, list[float]], contestants: list[Arm]) -> str:
    """The aims that were reached and those that were not, with what was; rows are seconds of each arm, own last."""
    verdicts: dict[bool, list[str]] = {True: [], False: []}
    for title, aims in AIMS.items():
        for arm, seconds in zip(contestants, rows[title], strict=True):
            if arm.title in aims:
                ratio, aim = seconds / rows[title][-1], aims[arm.title]
                verdicts[ratio >= aim].append(f"{title.removesuffix(', s')}, {arm.title}: {ratio:.2f} (aim {aim:g})")
    return "\n\n".join(
        f"Times as fast, {words}: {'; '.join(verdicts[reached]) or 'none'}."
        for reached, words in ((True, "aim reached"), (False, "aim **not** reached"))
    )


def rows_of(
    contestants: list[Arm], rates: dict[str, float], task: dict[str, Any], config: dict[str, Any]
) -> dict[str, dict[str, float]]:
    """What is kept, row by row: medians of seconds, shares in percent, of each arm."""
    epoch = {arm.title: statistics.median(arm.epochs[1:]) for arm in contestants}
    dtypes = {arm.title: arm.precision if arm.precision != "auto" else resolve_precision("auto") for arm in contestants}
    forward = {part: forward_flops(task[part], config) / 1e9 for part in ("train", "dev")}

    def row(value: Callable[[Arm], float]) -> dict[str, float]:
        return {COLUMNS[arm.title]: value(arm) for arm in contestants}

    def reached(part: str, times: int, seconds: Callable[[Arm], float]) -> dict[str, float]:
        """Of the rate of products in the arm's arithmetic: what `times` forward passes over the part come to."""
        return row(lambda arm: 100 * times * forward[part] / seconds(arm) / rates[dtypes[arm.title]])

    evaluation = row(lambda arm: statistics.median(arm.evaluations))
    texts = {
        f"{number:,} texts of {size:,} characters, s": row(lambda arm, key=key: statistics.median(arm.texts[key]))
        for key, (number, size) in TEXTS.items()
    }
    return {
        "training epoch, s": row(lambda arm: epoch[arm.title]),
        "real tokens per second": row(lambda arm: arm.counted["tokens"] / epoch[arm.title]),
        "padding, %": row(lambda arm: 100 * (1 - arm.counted["tokens"] / arm.counted["fed"])),
        "arithmetic reached in training epoch, %": reached("train", 3, lambda arm: epoch[arm.title]),
        "rate of matrix products, GFLOP/s": row(lambda arm: rates[dtypes[arm.title]]),
        "tracing: first epoch longer by, s": row(lambda arm: arm.epochs[0] - epoch[arm.title]),
        "evaluation of dev, s": evaluation,
        "arithmetic reached in evaluation of dev, %": reached("dev", 1, lambda arm: evaluation[COLUMNS[arm.title]]),
        f"micro F1 on dev after {len(contestants[-1].epochs)} epochs, %": row(lambda arm: 100 * arm.f1),
        **texts,
        "one text of 250 characters, s": row(lambda arm: statistics.median(arm.latencies)),
        "training step, 12 layers of width 768, 16 × 256, s": row(lambda arm: statistics.median(arm.base[1:])),
        "start-up, s": row(lambda arm: arm.startup),
        "peak memory, MiB": row(lambda arm: arm.peak_mib),
    }


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")) / "tcm"
    parser.add_argument("--data", type=Path, default=beside if beside.is_dir() else None)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "speed")
    parser.add_argument("--kept", action="store_true", help="compute the rows anew from what the last run measured")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    config = {**json.loads((PRETRAINED / "bert_config.json").read_text(encoding="utf-8")), **dropouts()}
    task = make_task(options.data, options)
    kept = options.work / "measured.json"
    if options.kept:
        measured = json.loads(kept.read_text(encoding="utf-8"))
        rates, contestants = measured["rates"], [Arm(**arm) for arm in measured["arms"]]
    else:
        task["pretrained"] = str(encoder_folder(options.work / "mini", config, PRETRAINED, weights=True))
        contestants = arms()
        measure_mini(contestants, task, options)
        measure_base(contestants, task, options)
        rates = {dtype: matmul_rate(dtype) for dtype in ("float32", "bfloat16")}
        measured = {"rates": rates, "arms": [asdict(arm) for arm in contestants]}
        kept.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    rows = rows_of(contestants, rates, task, config)
    for name, figures in rows.items():
        print(name, {arm: round(value, 3) for arm, value in figures.items()})
    print(against_aims({name: list(rows[name].values()) for name in AIMS}, contestants))
    if options.data:
        keep_rows("speed", "speed", rows)


if __name__ == "__main__":
    main()
