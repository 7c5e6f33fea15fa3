"""How fast one head trains and recognizes, and how much of a training step is its own; measured by `heads.py`."""

import os
import resource
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from timing import median_seconds

import bert4ner
from bert4ner import Config, Document
from bert4ner.compat.frameworks import keras, tf
from bert4ner.entities import sorted_labels
from bert4ner.models.budget import within_budget
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.fit import deterministic_on_gpu
from bert4ner.train.optimizers import build_optimizer

CHARACTERS = 96_000             # of a set that an epoch, and recognition, is reckoned from
WINDOWS, LENGTH = 16, 256       # of one step
CALLS = 5


class TimedHead:
    """One head, ready to be timed again and again: the model is made and traced, the documents are drawn.

    It trains as `fit_model` does: with a GPU, by kernels that give the same numbers every time.
    """

    def __init__(self, config: Config, training: Sequence[Document], gold: Sequence[Document]) -> None:
        deterministic_on_gpu()
        self.labels = sorted_labels(list(training))
        self.model = NERModel.create(config, self.labels)
        self.model.network.compile(optimizer=build_optimizer(self.model, 1000), loss=self.model.head.loss)
        part = _about(training, CHARACTERS)
        self.scale = _characters(training) / _characters(part)
        self.batches = TrainingBatches(part, self.model)
        self.model.network.fit(self.batches.dataset(0, 1), steps_per_epoch=1, verbose=0)              # traced
        self.recognizer = bert4ner.NamedEntityRecognizer([self.model])
        self.asked = _about(gold, CHARACTERS)
        list(self.recognizer.predict(self.asked[:4]))

    def measure(self) -> dict[str, float]:
        """Seconds for an epoch, characters a second, MiB of memory so far, milliseconds of a step and of the head's
        part in it."""
        started = time.perf_counter()
        self.model.network.fit(self.batches.dataset(0, 1), steps_per_epoch=len(self.batches), verbose=0)
        trained = time.perf_counter()
        list(self.recognizer.predict(self.asked))
        recognized = time.perf_counter()
        peak = _peak_mib()
        step, head = _step(self.model, self.labels)
        return {
            "seconds_per_epoch": (trained - started) * self.scale,
            "characters_per_second": _characters(self.asked) / (recognized - trained),
            "peak_mib": peak, "step_ms": 1e3 * step, "head_ms": 1e3 * head,
        }  # fmt: skip


def device_name() -> str:
    """What TensorFlow computes on: the GPU's name, or the number of CPU cores that this process may use."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return str(tf.config.experimental.get_device_details(gpus[0])["device_name"])
    return f"{len(os.sched_getaffinity(0))} CPU cores"


def _peak_mib() -> float:
    """The most that tensors took on the GPU, or the process in memory."""
    if tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _characters(documents: Sequence[Document]) -> int:
    return sum(len(document.text) for document in documents)


def _about(documents: Sequence[Document], characters: int) -> list[Document]:
    """Documents from all over a set, of about so many characters."""
    every = max(1, _characters(documents) // characters)
    return list(documents[::every])


def _step(model: NERModel, labels: Sequence[str]) -> tuple[float, float]:
    """Seconds of a training step on `WINDOWS` full windows, and of the head's part on given vectors."""
    length = min(LENGTH, model.windows.max_length)
    rng = np.random.default_rng(0)
    ids = rng.integers(1000, 5000, size=(WINDOWS, length)).astype("int32")
    spans = [
        [(start, start + 4, labels[start % len(labels)]) for start in range(0, length - 16, 12)] for _ in range(WINDOWS)
    ]
    lengths = np.full(WINDOWS, length)
    budget = model.config.optimization.batch_tokens
    parts = list(within_budget([np.arange(WINDOWS)], lengths, model.head, batch_tokens=budget))
    given = [(ids[part], model.head.targets([spans[row] for row in part], lengths[part], length)) for part in parts]

    def step() -> None:
        for part_ids, targets in given:
            model.network.train_on_batch((part_ids, np.zeros_like(part_ids)), targets)

    features = keras.Model(model.network.inputs, model.head.input)
    vectors = [features([part_ids, np.zeros_like(part_ids)]) for part_ids, _ in given]
    gradient = tf.function(lambda vector, targets: _gradient(model.head, vector, targets), reduce_retracing=True)

    def head() -> None:
        for vector, (_, targets) in zip(vectors, given, strict=True):
            gradient(vector, tf.constant(targets))

    return median_seconds(step, calls=CALLS, left_out=2), median_seconds(head, calls=CALLS, left_out=2)


def _gradient(head: Any, vectors: Any, targets: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        loss = tf.reduce_mean(head.loss(targets, head(vectors, training=True)))
    return tape.gradient(loss, [vectors, *head.trainable_variables])
