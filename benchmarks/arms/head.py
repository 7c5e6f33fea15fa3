"""One head, asked by `heads.py`: trained and scored, or how fast it trains and recognizes and what of it is its own."""

import os
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from timing import median_seconds
from training import score
from worker import answer_calls

import bert4ner
from bert4ner import Config, Document
from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.switches import prepare_process
from bert4ner.entities import sorted_labels
from bert4ner.models.budget import within_budget
from bert4ner.models.ner_model import NERModel
from bert4ner.text.token_spans import TokenSpan
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training

DRAWN_WITH = 20_200_814  # which documents of a large set are trained on is the same for every head and seed
CHARACTERS = 96_000  # of a set that an epoch, and recognition, is reckoned from
LEAST_SECONDS = 5.0  # of measuring either: a GPU does them in one, again and again
WINDOWS, LENGTH = 16, 256  # of one step
CALLS = 5


def head(task: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What answers every call with the head's scores if the task names a run, else with its speed."""
    training, gold = bert4ner.read_documents(task["training"]), bert4ner.read_documents(task["gold"])
    if task["sample"]:
        chosen = random.Random(DRAWN_WITH).sample(range(len(training)), task["sample"])
        training = [training[number] for number in sorted(chosen)]
    training, gold = training[: task["limit"]], gold[: task["limit"]]
    config = Config().replace(**task["config"])
    if task["run"]:
        return lambda call: {**score(config, training, gold, Path(task["run"]))[0], **device()}
    timed = TimedHead(config, training, gold)
    return lambda call: {**timed.measure(), **device()}


class TimedHead:
    """One head, ready to be timed again and again: the model is made and traced, the documents are drawn.

    It trains as `fit_model` does: with a GPU, by kernels that give the same numbers every time.
    """

    def __init__(self, config: Config, training: Sequence[Document], gold: Sequence[Document]) -> None:
        prepare_process(repeatable=True)
        self.labels = sorted_labels(list(training))
        self.model = NERModel.create(config, self.labels)
        part = _about(training, CHARACTERS)
        self.scale = _characters(training) / _characters(part)
        self.batches = TrainingBatches(part, self.model)
        compile_for_training(self.model.network, 1000)
        self.model.network.fit(self.batches.dataset(0, 1), steps_per_epoch=1, verbose=0)  # traced
        self.recognizer = bert4ner.NamedEntityRecognizer([self.model])
        self.asked = _about(gold, CHARACTERS)
        list(self.recognizer.predict(self.asked[:4]))

    def measure(self) -> dict[str, float]:
        """How long an epoch, a step and the head's part in it take, characters a second, and MiB of memory so far."""
        trained = _mean_seconds(
            lambda: self.model.network.fit(self.batches.dataset(0, 1), steps_per_epoch=len(self.batches), verbose=0)
        )
        recognized = _mean_seconds(lambda: list(self.recognizer.predict(self.asked)))
        peak = _peak_mib()
        step, head = _step(self.model, self.labels)
        return {
            "seconds_per_epoch": trained * self.scale,
            "characters_per_second": _characters(self.asked) / recognized,
            "peak_mib": peak,
            "step_ms": 1e3 * step,
            "head_ms": 1e3 * head,
        }


def device() -> dict[str, Any]:
    """The name of the GPU that TensorFlow computes on, if any, and the CPU cores that this process may use."""
    gpus = tf.config.list_physical_devices("GPU")
    name = str(tf.config.experimental.get_device_details(gpus[0])["device_name"]) if gpus else None
    return {"gpu": name, "cores": len(os.sched_getaffinity(0))}


def _mean_seconds(call: Callable[[], object]) -> float:
    """Seconds of a call, which is made until `LEAST_SECONDS` have passed, once at least."""
    calls, started = 0, time.perf_counter()
    while not calls or time.perf_counter() - started < LEAST_SECONDS:
        call()
        calls += 1
    return (time.perf_counter() - started) / calls


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
        [TokenSpan(start, start + 4, labels[start % len(labels)]) for start in range(0, length - 16, 12)]
        for _ in range(WINDOWS)
    ]
    lengths = np.full(WINDOWS, length)
    budget = model.config.optimization.batch_tokens
    parts = list(within_budget([np.arange(WINDOWS)], lengths, model, batch_tokens=budget))
    targets = model.head.targets
    given = [(ids[part], targets([spans[row] for row in part], lengths[part] - 2, length - 1)) for part in parts]

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


if __name__ == "__main__":
    answer_calls(head)
