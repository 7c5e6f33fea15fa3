"""What modifiers of the training step cost: the time of a step on the bundled sample, relative to the plain one.

    python benchmarks/modifiers.py [--modifiers fgm pgd:steps=3 ...] [--rounds 9] [--precision auto]

One network each, with the bundled mini encoder and the defaults; every round takes all of them, one after the other,
through the same batch. The first two rounds, which trace, are left out of the medians.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import bert4ner
from bert4ner import Config
from bert4ner.models.precision import resolve_precision

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = 2


def step_of(modifiers: str, precision: str) -> Callable[[], object]:
    """A step of training on the longest batch of the sample's first epoch."""
    documents = bert4ner.read_documents(ROOT / "examples/data/leaflets.jsonl")
    labels = sorted({entity.label for document in documents for entity in document.entities})
    pretrained = str(ROOT / "pretrained/tcm-mini")
    network = bert4ner.build_model(
        Config().replace(pretrained=pretrained, modifiers=modifiers, precision=precision), labels
    )
    batches = bert4ner.training_batches(documents, network)
    bert4ner.compile_for_training(network, total_steps=1000)
    longest = max(batches.plan(0), key=lambda windows: int(batches.encoded.lengths[windows].sum()))
    inputs, targets, *_ = batches.batch(longest)
    return lambda: network.train_on_batch(inputs, targets)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modifiers", nargs="+", default=["fgm", "pgd:steps=3", "freelb:steps=3", "ema"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    steps = {name: step_of(name, options.precision) for name in ("", *options.modifiers)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(LEFT_OUT + options.rounds):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - started)
    medians = {name: float(np.median(found[LEFT_OUT:])) for name, found in times.items()}
    print(f"medians of {options.rounds} steps in turn, {resolve_precision(options.precision)}")
    for name, seconds in medians.items():
        print(f"{name or 'plain':20} {1000 * seconds:8.0f} ms {seconds / medians['']:6.2f} x")


if __name__ == "__main__":
    main()
