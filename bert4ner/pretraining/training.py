"""The loop of a pre-training: updates, perplexity on held-out text, a state to resume from."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.backend.randomness import reseed
from bert4ner.errors import RunError
from bert4ner.models.backbone import encoder_parameters
from bert4ner.models.precision import resolve_precision
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.pretraining.batches import Batches
from bert4ner.pretraining.masking import Masked
from bert4ner.pretraining.network import BATCH, LanguageModel, mean_loss
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.pretraining.rounds import check_rounds
from bert4ner.runs.history import write_history
from bert4ner.runs.lock import removed
from bert4ner.train.optimizers import GroupedAdamW, built
from bert4ner.train.rates import auto_learning_rate
from bert4ner.train.schedule import Warmup
from bert4ner.train.state_file import optimizer_variables, take_up_state, write_state

logger = logging.getLogger(__name__)

_FACTOR, _HIGHEST = 5.0, 1e-3  # on the rate of fine-tuning: much text allows higher rates than few labels
_REPORTS, _LONGEST = 10, 1000


class Training:
    """Updates in rounds; after each the perplexity is measured, a line of history written and the state saved.

    Args:
        model: the model to train.
        batches: the training and held-out batches.
        history: file of a JSON line for each round, one before the first.
        state: file to resume from.
        objective: computes the loss from a batch's three parts; by default the loss of the masked tokens.

    Attributes:
        lines: of the history.
    """

    def __init__(
        self,
        model: LanguageModel,
        batches: Batches,
        *,
        history: Path,
        state: Path,
        objective: Callable[[Any, Any, Any], Any] | None = None,
    ) -> None:
        self.model, self.batches, self.options = model, batches, batches.options
        self.history, self.state = history, state
        self.lines: list[dict[str, Any]] = []
        self.optimizer = _optimizer(model, batches.total, self.options)
        self._objective = objective or self._guessing
        self._update = tf.function(self._learn, input_signature=BATCH)
        self._measure = tf.function(self._score, input_signature=BATCH)
        self._update.get_concrete_function()  # creates the random generators of dropout, which each round seeds

    def run(self) -> None:
        """Train from the saved state to the end.

        Raises:
            RunError: the state is damaged, the loss is not a number, memory is insufficient, or the folder is gone.
        """
        self._resume()
        try:
            if not self.lines:
                self._note({"update": 0, "epoch": 0.0})
                self._save()
            while (done := self.lines[-1]["update"]) < self.batches.total:
                self._round(done, min(done + self._reports_every(), self.batches.total))
        except (tf.errors.ResourceExhaustedError, MemoryError):
            batch_tokens = self.options.optimization.batch_tokens
            raise RunError(f"out of memory with batch_tokens={batch_tokens}; lower --batch-tokens") from None

    def _reports_every(self) -> int:
        every = self.options.run.report_every
        return min(-(-self.batches.total // _REPORTS), _LONGEST) if every == "auto" else int(every)

    def _round(self, start: int, stop: int) -> None:
        reseed(self.model.network, self.options.run.seed, start)
        began, tokens, total = time.perf_counter(), 0, tf.zeros([])
        for batch in ahead(self.batches.batch, start, stop):
            total += self._update(*batch)
            tokens += int((batch.ids != 0).sum())
        loss = float(total) / (stop - start)
        if not math.isfinite(loss):
            raise RunError(f"the loss is not a number between the updates {start} and {stop}; lower --learning-rate")
        if not self.state.is_file():  # writing would make the folder anew
            raise removed(self.history.parent)
        seconds = time.perf_counter() - began
        line = {"update": stop, "epoch": round(stop / self.batches.per_epoch, 3), "loss": loss}
        line |= {"seconds": round(seconds, 3), "tokens_per_second": round(tokens / seconds, 1)}
        self._note(line)
        self._save()

    def _learn(self, ids: Any, places: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._objective(ids, places, targets)
        self.optimizer.apply_gradients(self.optimizer.compute_gradients(loss, self.model.variables, tape=tape))
        return loss

    def _guessing(self, ids: Any, places: Any, targets: Any) -> Any:
        losses, _ = self.model.losses(self.model.read(ids, training=True), places, targets, training=True)
        return mean_loss(losses)

    def _score(self, ids: Any, places: Any, targets: Any) -> Any:
        states = self.model.read(ids, training=False)
        losses, right = self.model.losses(states, places, targets, training=False)
        return tf.stack(
            [tf.reduce_sum(losses), tf.reduce_sum(tf.cast(right, "float32")), tf.cast(tf.size(losses), "float32")]
        )

    def _note(self, line: dict[str, Any]) -> None:
        """Measure the perplexity and add a line to the history."""
        if self.batches.num_held_out:
            sums = sum(
                self._measure(*batch).numpy() for batch in ahead(self.batches.held_out, 0, self.batches.num_held_out)
            )
            losses, right, masks = np.maximum(sums, [0, 0, 1]).tolist()
            line |= {"perplexity": math.exp(min(losses / masks, 100.0)), "accuracy": right / masks}
        self.lines.append(line)
        write_history(self.history, self.lines)
        values = [
            f"{name} {line[name]:.4g}"
            for name in ("loss", "perplexity", "accuracy", "tokens_per_second")
            if name in line
        ]
        if values:
            logger.info("update %d of %d: %s", line["update"], self.batches.total, ", ".join(values).replace("_", " "))

    def _save(self) -> None:
        write_state(self.state, self.model.network, optimizer_variables(self.optimizer), self.lines)

    def _resume(self) -> None:
        others = optimizer_variables(self.optimizer)
        self.lines = take_up_state(self.state, self.model.network, others, cure="delete it to start anew")
        check_rounds(self.lines, self.state)
        if self.lines:
            logger.info("resuming after update %d of %d", self.lines[-1]["update"], self.batches.total)


def ahead(make: Callable[[int], Masked], start: int, stop: int) -> Iterator[Masked]:
    """The batches [start, stop), each made while the one before it is used."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(make, start) if start < stop else None
        for number in range(start + 1, stop + 1):
            assert following is not None
            batch = following.result()
            following = pool.submit(make, number) if number < stop else None
            yield batch


def learning_rate(config: EncoderConfig, options: PretrainingOptions) -> float:
    """The peak rate, `auto` resolved: five times the encoder's rate for fine-tuning, at most 1e-3."""
    rate = options.optimization.learning_rate
    if rate == "auto":
        return min(_FACTOR * auto_learning_rate(encoder_parameters(config)), _HIGHEST)
    return float(rate)


def _optimizer(model: LanguageModel, total: int, options: PretrainingOptions) -> Any:
    given = options.optimization
    schedule = Warmup(learning_rate(model.found.config, options), round(given.warmup * total), total, given.schedule)
    optimizer = GroupedAdamW(schedule, weight_decay=given.weight_decay, global_clipnorm=given.clip_norm or None)
    return built(optimizer, model.variables, loss_scaling=resolve_precision(options.run.precision) == "float16")
