"""What modifiers of the training step cost: time and memory of a step on the bundled sample, against the plain one.

    python benchmarks/modifiers.py [--modifiers fgm pgd:steps=3 ...] [--rounds 9] [--precision auto] [--head crf]
        [--max-length 256] [--recompute]

One network each, with the bundled mini encoder and the defaults, all on the same batch. In every round each modified
step comes right after a plain one, so that both see the machine in the same state. The results are medians over rounds
of their ratios, in seconds and in processor time, which other work on the machine disturbs less. The first
two rounds, which trace, are left out. Memory is what a process of its own grows by in its first two steps.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from figures import keep_rows

import bert4ner
from bert4ner import Config
from bert4ner.backend.frameworks import tf
from bert4ner.models.precision import resolve_precision

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = 2


def step_of(modifiers: str, **options: object) -> Callable[[], object]:
    """A step of training on the longest batch of the sample's first epoch."""
    documents = bert4ner.read_documents(ROOT / "examples/data/leaflets.jsonl")
    labels = sorted({entity.label for document in documents for entity in document.entities})
    pretrained = str(ROOT / "pretrained/tcm-mini")
    network = bert4ner.build_model(Config().replace(pretrained=pretrained, modifiers=modifiers, **options), labels)
    batches = bert4ner.training_batches(documents, network)
    bert4ner.compile_for_training(network, total_steps=1000)
    longest = max(batches.plan(0), key=lambda windows: int(batches.encoded.lengths[windows].sum()))
    inputs, targets, *_ = batches.batch(longest)
    data = tuple(tf.constant(part) for part in inputs), tf.constant(targets)
    step = tf.function(network.train_step, autograph=False)  # `train_on_batch` waits for threads of tf.data, up to 1 s
    return lambda: float(step(data)["loss"])


def memory(kind: str) -> float:
    """MiB of this process: "VmRSS" now, "VmHWM" at most."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(kind))


def growth(modifiers: str, options: dict[str, object]) -> float:
    """MiB that this process grows by in two steps, tracing included."""
    step, before = step_of(modifiers, **options), memory("VmRSS")
    for _ in range(2):
        step()
    return memory("VmHWM") - before


def in_a_process(modifiers: str, options: dict[str, object]) -> float:
    """`growth` of a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(growth, modifiers, options).result()


def cost_of(step: Callable[[], object]) -> tuple[float, float]:
    """Seconds that one step takes, and those of all cores together."""
    started, processor = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - started, time.process_time() - processor


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modifiers", nargs="+", default=["fgm", "pgd:steps=3", "freelb:steps=3", "vat", "ema"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--head", default="crf")
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--recompute", action="store_true", help="in the modified steps, not in the plain one")
    given = parser.parse_args()
    usual: dict[str, object] = {"precision": given.precision, "head": given.head, "max_length": given.max_length}
    options = {**usual, "recompute": given.recompute}
    plain_growth = in_a_process("", usual)
    growths = {name: in_a_process(name, options) for name in given.modifiers}
    steps = {name: step_of(name, **options) for name in given.modifiers}
    plain = step_of("", **usual)
    pairs: dict[str, list[tuple[tuple[float, float], tuple[float, float]]]] = {name: [] for name in given.modifiers}
    for _ in range(LEFT_OUT + given.rounds):
        for name, costs in pairs.items():
            costs.append((cost_of(plain), cost_of(steps[name])))
    print(f"medians of {given.rounds} pairs of steps, {resolve_precision(given.precision)}, {given}")
    print(f"{'':20} {'ms':>8} {'plain':>8} {'time':>8} {'processor':>10} {'MiB':>8} {'plain':>8}")
    kept = {}
    for name, costs in pairs.items():
        found = np.array(costs[LEFT_OUT:])  # (rounds, 2, 2)
        before, after = 1000 * np.median(found[:, :, 0], axis=0)
        ratio, processor = np.median(found[:, 1] / found[:, 0], axis=0)
        times = f"{after:8.0f} {before:8.0f} {ratio:6.2f} x {processor:8.2f} x"
        print(f"{name:20} {times} {growths[name]:8.0f} {plain_growth:8.0f}")
        kept[name] = {"time": float(ratio), "mib": growths[name], "plain_mib": plain_growth}
    if (given.head, given.max_length, given.recompute) == ("crf", 256, False):
        keep_rows("speed", "modifiers", kept)


if __name__ == "__main__":
    main()
