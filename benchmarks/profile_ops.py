"""Where the time of a training step and of recognition goes, by kind of operation, on full windows of the mini encoder.

    python benchmarks/profile_ops.py

TensorFlow runs one operation at a time here (each on all cores), so that their times add up. What the arithmetic alone
would take at the machine's rate of large matrix products stands beside.
"""

import os

os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from figures import keep_rows
from speed import PRETRAINED, matmul_rate

from bert4ner import Config
from bert4ner.backend.frameworks import tf
from bert4ner.models.backbone import encoder_parameters
from bert4ner.models.ner_model import NERModel
from bert4ner.models.precision import resolve_precision
from bert4ner.text.token_spans import TokenSpan
from bert4ner.train.compiling import compile_for_training

BATCH, LENGTH, STEPS = 16, 256, 5
KINDS = (
    ("matrix products of dense layers", r"_Mkl(NativeFused|Fused)?MatMul|MatMul"),
    ("matrix products of attention", r"(_Mkl(Fused)?)?BatchMatMulV2"),
    ("random numbers", r"StatelessRandom.*"),
    ("exp, erf, softmax", r"Exp|Erf|_MklSoftmax|Log"),
    ("sums", r"Sum|Mean|AddN|BiasAddGrad|UnsortedSegmentSum"),
    ("transposes, copies, casts", r"_MklTranspose|Transpose|Cast|Pack|Concat.*|StridedSlice.*|Tile|ReverseSequence"),
    ("Adam", r"ResourceApplyAdam|AssignSubVariableOp"),
)
LABELS = [f"label {number:02}" for number in range(13)]


def seconds_by_kind(step: Callable[[], Any]) -> Counter[str]:
    """Seconds of one call, by kind of operation, from TensorFlow's own profiler."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    for _ in range(3):
        step()
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            for _ in range(STEPS):
                step()
        space = xplane_pb2.XSpace.FromString(next(Path(folder).rglob("*.xplane.pb")).read_bytes())
    found: Counter[str] = Counter()
    for plane in space.planes:
        for line in (line for line in plane.lines if line.name != "python"):
            for event in line.events:
                name, _, operation = plane.event_metadata[event.metadata_id].name.rpartition(":")
                operation = operation.partition("#")[0]
                if "CPU" in plane.name and re.fullmatch(r"_?[A-Z]\w*", operation) and not name.endswith(":"):
                    found[_kind(operation)] += event.duration_ps / 1e12 / STEPS
    return found


def _kind(operation: str) -> str:
    return next((kind for kind, pattern in KINDS if re.fullmatch(pattern, operation)), "element by element, the rest")


def main() -> None:
    """Profile both and keep the figures."""
    model = NERModel.create(Config().replace(pretrained=str(PRETRAINED)), LABELS)
    rng = np.random.default_rng(0)
    ids = rng.integers(100, 5000, size=(BATCH, LENGTH)).astype("int32")
    spans = [[TokenSpan(start, start + 4, LABELS[start % 13]) for start in range(0, 240, 12)] for _ in range(BATCH)]
    targets = model.head.targets(spans, np.full(BATCH, LENGTH - 2), LENGTH - 1)
    compile_for_training(model.network, 1000)
    training = seconds_by_kind(lambda: model.network.train_on_batch((ids, np.zeros_like(ids)), targets))
    forward = seconds_by_kind(lambda: model.outputs(ids))
    rate = matmul_rate(resolve_precision("auto"))
    tokens = BATCH * LENGTH
    attention = 4 * model.encoder_config.hidden_size * model.encoder_config.num_hidden_layers * LENGTH
    least = tokens * (2 * encoder_parameters(model.encoder_config) + attention) / rate / 1e9
    rows: dict[str, dict[str, float]] = {
        kind: {"training_ms": 1e3 * training[kind], "forward_ms": 1e3 * forward[kind]}
        for kind in sorted(training, key=lambda kind: -training[kind])
    }
    rows["all"] = {"training_ms": 1e3 * training.total(), "forward_ms": 1e3 * forward.total()}
    rows["products alone at the machine's rate"] = {
        "training_ms": 3e3 * least,
        "forward_ms": 1e3 * least,
        "gflops": rate,
    }
    for name, figures in rows.items():
        print(name, figures)
    keep_rows("speed", "profile", rows)


if __name__ == "__main__":
    main()
