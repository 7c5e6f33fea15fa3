"""What happens around the epochs of a training: scores on held-out documents, the best epoch kept, a line per epoch,
early stopping, the NaN stop, and the state that a killed training resumes from."""

import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from bert4ner.backend.frameworks import keras
from bert4ner.backend.randomness import random_generators
from bert4ner.data.files import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import CheckpointError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_encoded
from bert4ner.runs.folder import best_line
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.text.batches import encode_documents
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.optimizers import learning_rates, state_variables

logger = logging.getLogger(__name__)


class ReplayableRandomness(keras.callbacks.Callback):
    """Sets every random generator of the network from (seed, epoch), so that dropout is the same after a resume."""

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        for number, generator in enumerate(random_generators(self.model)):
            generator.reset_from_seed((self.seed * 1_000_003 + epoch * 1_009 + number) % 2**31)


class StopAtNaN(keras.callbacks.Callback):
    """Stops at the first batch whose loss is no number, and names its documents.

    Raises:
        RunError: at the end of that batch.
    """

    def __init__(self, batches: TrainingBatches):
        super().__init__()
        self.batches = batches
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not np.isfinite(logs["loss"]):
            ids = self.batches.documents_of(self.epoch, batch)
            shown = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")
            raise RunError(
                f"the loss became {logs['loss']} in epoch {self.epoch + 1}, batch {batch + 1}, with documents {shown}; "
                "lower --learning-rate, or look at these documents with `bert4ner audit`"
            )


class EpochRecorder(keras.callbacks.Callback):
    """After every epoch: scores the held-out documents, keeps the best epoch's model, writes history and state.

    The files of `folder`: model/ (the best epoch so far, the earlier of two equal ones), history.jsonl (a line per
    epoch), state/training.safetensors (to resume from; written last, so that all three agree or the state is older).
    """

    def __init__(self, model: NERModel, batches: TrainingBatches, held_out: Sequence[Document], folder: Path):
        super().__init__()
        self.ner_model = model
        self.batches = batches
        self.held_out = held_out
        self.encoded = encode_documents(held_out, model.tokenizer, model.windows)
        self.folder = folder
        self.history: list[dict[str, Any]] = []
        self.started = time.perf_counter()

    @property
    def state_path(self) -> Path:
        return self.folder / "state" / "training.safetensors"

    @property
    def best(self) -> dict[str, Any] | None:
        """The history line of the best epoch so far."""
        return best_line(self.history) if self.history else None

    @property
    def exhausted(self) -> bool:
        """Whether `patience` epochs have passed without a better F1."""
        patience = self.ner_model.config.run.patience
        best = self.best
        return bool(patience and best and self.history[-1]["epoch"] - best["epoch"] >= patience)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        seconds = time.perf_counter() - self.started
        scores = self._score(epoch)
        line = {
            "epoch": epoch + 1,
            "precision": scores.micro.precision,
            "recall": scores.micro.recall,
            "f1": scores.micro.f1,
            "loss": float(logs["loss"]),
            "seconds": round(seconds, 3),
            "evaluation_seconds": round(time.perf_counter() - self.started - seconds, 3),
            "tokens_per_second": round(self.batches.tokens / seconds, 1),
            **self._rates(),
        }
        better = self.best is None or line["f1"] > self.best["f1"]
        if better:
            self.ner_model.save(self.folder / "model")
        self.history.append(line)
        self._write_history()
        self._write_state()
        logs.update({name: line[name] for name in ("precision", "recall", "f1")})
        logger.info(
            "epoch %d: loss %.4f, precision %.2f, recall %.2f, F1 %.2f%s (%.1f s)",
            epoch + 1,
            line["loss"],
            100 * line["precision"],
            100 * line["recall"],
            100 * line["f1"],
            ", best so far" if better else "",
            seconds,
        )
        if self.exhausted:
            self.model.stop_training = True

    def _score(self, epoch: int) -> Scores:
        try:
            predicted = list(predict_encoded([self.ner_model], self.held_out, self.encoded))
        except ValueError as error:  # the epoch's last step, which no loss follows
            raise RunError(f"the model of epoch {epoch + 1} is no use ({error}); lower --learning-rate") from None
        return evaluate(self.held_out, predicted)

    def _rates(self) -> dict[str, float]:
        model = self.ner_model
        encoder, head = learning_rates(model.config, model.encoder_config, model.reading.passes)
        rate = float(self.model.optimizer.learning_rate.numpy())
        return {"learning_rate": rate, "head_learning_rate": rate * head / encoder}

    def _write_history(self) -> None:
        with atomic_write(self.folder / "history.jsonl") as aside:
            aside.write("".join(json.dumps(line) + "\n" for line in self.history))

    def _write_state(self) -> None:
        self.state_path.parent.mkdir(parents=True, exist_ok=True)
        values = {f"network/{name}": value for name, value in self.ner_model.weights().items()}
        for number, variable in enumerate(state_variables(self.model.optimizer)):
            values[f"optimizer/{number}"] = np.asarray(variable)
        with atomic_write(self.state_path, binary=True) as aside:  # by name: `save` would hold it all twice more
            save_file(values, aside.name, metadata={"history": json.dumps(self.history)})

    def resume(self) -> int:
        """Take up the state of a training that was stopped; returns the number of epochs it had completed.

        Raises:
            RunError: the state is damaged or belongs to another network.
        """
        if not self.state_path.is_file():
            return 0
        try:
            values = load_file(self.state_path)
            with safe_open(self.state_path, framework="numpy") as state:
                history = json.loads(state.metadata()["history"])
            network = {name.partition("/")[2]: value for name, value in values.items() if name.startswith("network/")}
            self.ner_model.set_weights(network, where=str(self.state_path))
            for number, variable in enumerate(state_variables(self.model.optimizer)):
                variable.assign(values[f"optimizer/{number}"])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, CheckpointError) as error:
            raise RunError(
                f"{self.state_path}: damaged ({error}); delete the folder {self.folder} to start it anew"
            ) from None
        self.history = history
        self._write_history()
        return len(history)
