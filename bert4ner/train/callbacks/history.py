"""One line for each epoch, in a file and in the log: scores, loss, times, rates."""

import logging
import time
from pathlib import Path
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.models.ner_model import NERModel
from bert4ner.runs.history import best_line, write_history
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.optimizers import grouped
from bert4ner.train.rates import learning_rates
from bert4ner.train.step import batches_in_one, modifiers_of

logger = logging.getLogger(__name__)

_SCORES = ("precision", "recall", "f1")


class History(keras.callbacks.Callback):
    """Writes a JSON line for each epoch and logs it: scores, loss, seconds, learning rates, and all other logs.

    Args:
        path: the file; rewritten after every epoch, atomically.
        batches: the training batches; with them, lines contain the tokens per second and the updates of the weights.

    Attributes:
        lines: one for each epoch, epochs counted from 1.
    """

    def __init__(self, path: str | Path, batches: TrainingBatches | None = None):
        super().__init__()
        self.path = Path(path)
        self.batches = batches
        self.lines: list[dict[str, Any]] = []
        self.started = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the clock."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Adds the epoch's line, writes the file and logs it."""
        seconds = logs.get("seconds", time.perf_counter() - self.started)
        others = {name: float(value) for name, value in logs.items() if name not in ("seconds", "evaluation_seconds")}
        line: dict[str, Any] = {"epoch": epoch + 1}
        line.update({name: others.pop(name) for name in (*_SCORES, "loss") if name in others})
        line["seconds"] = round(seconds, 3)
        if "evaluation_seconds" in logs:
            line["evaluation_seconds"] = round(logs["evaluation_seconds"], 3)
        if self.batches is not None:
            line["tokens_per_second"] = round(self.batches.tokens_in(epoch) / seconds, 1)
            line["updates"] = -(-len(self.batches) // batches_in_one(modifiers_of(self.model)))
        self.lines.append({**line, **self._rates(), **others})
        self.write()
        self._log(seconds)

    def _rates(self) -> dict[str, float]:
        rate = float(self.model.optimizer.learning_rate.numpy())
        if grouped(self.model.optimizer) is None:
            return {"learning_rate": rate}
        model = NERModel.of(self.model)
        peaks = learning_rates(model.config, model.encoder_config, model.reading.passes)
        return {"learning_rate": rate, "head_learning_rate": rate * peaks.head / peaks.encoder}

    def write(self) -> None:
        """Write the file."""
        write_history(self.path, self.lines)

    def _log(self, seconds: float) -> None:
        line = self.lines[-1]
        message = f"loss {line['loss']:.4f}"
        if all(name in line for name in _SCORES):
            precision, recall, f1 = (100 * line[name] for name in _SCORES)
            message += f", precision {precision:.2f}, recall {recall:.2f}, F1 {f1:.2f}"
            best = best_line(self.lines)
            if not best["f1"]:  # of these the one with the lowest loss is kept, but none is good
                message += ", nothing right found yet"
            elif best is line:
                message += ", best so far"
        logger.info("epoch %d: %s (%.1f s)", line["epoch"], message, seconds)
