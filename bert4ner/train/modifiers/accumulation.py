"""One update of the weights by the gradients of several batches."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.models.ner_model import NERModel
from bert4ner.options import Range
from bert4ner.text.windows import SPECIAL_TOKENS
from bert4ner.train.modifiers.ranges import check_whole
from bert4ner.train.step import Batch, Gradients, Modifier


@final
class Accumulation(Modifier):
    """Updates the weights by the mean gradient of several batches, weighted by the number of text tokens.

    The loss of a batch is per token, so this mean is the gradient of one large batch with all windows, up to rounding
    and the draws of dropout. Clipping, schedule, warm-up and bias correction count updates. Batches left over at the
    end of an epoch make a separate update.

    Args:
        batches: number of batches per update; at least 1.

    Raises:
        ConfigError: `batches` is outside its range.
    """

    def __init__(self, batches: int = 2):
        check_whole("accumulate", Range(low=1), batches=batches)
        self.batches_per_update = batches

    def build(self, network: Any) -> None:
        """Creates the sums of gradients and the counters of batches and tokens."""
        self.pad_id = NERModel.of(network).vocabulary.pad_id
        self.moved: list[Any] = []  # variables with a gradient, known when the step is traced
        with tf.init_scope():
            self.sums = {
                weight.ref(): tf.Variable(tf.zeros_like(weight), trainable=False)
                for weight in network.trainable_variables
            }
            self.batches = tf.Variable(0, trainable=False, dtype="int64")
            self.latest, self.tokens = (tf.Variable(0.0, trainable=False) for _ in range(2))

    def begin_epoch(self, epoch: int) -> None:
        """Discards the batches left over from an interrupted epoch."""
        self._empty()

    def around_gradients(self, compute: Callable[[Batch], Gradients], batch: Batch) -> Gradients:
        """Counts the tokens."""
        real = tf.reduce_sum(tf.cast(tf.not_equal(batch.inputs[0], self.pad_id), "float32"))
        windows = tf.cast(tf.shape(batch.inputs[0])[0], "float32")
        self.latest.assign(tf.maximum(real - SPECIAL_TOKENS * windows, 1.0))
        return compute(batch)

    def around_update(self, update: Callable[[list[tuple[Any, Any]]], None], pairs: list[tuple[Any, Any]]) -> None:
        """Adds a batch's gradients; the last batch of a group updates the weights."""
        pairs = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
        self.moved = [variable for _, variable in pairs]
        for gradient, variable in pairs:
            self.sums[variable.ref()].assign_add(self.latest * tf.convert_to_tensor(gradient))
        self.tokens.assign_add(self.latest)
        full = tf.equal(self.batches.assign_add(1), self.batches_per_update)
        tf.cond(full, lambda: self._move(update), lambda: None)

    def finish_epoch(self, update: Callable[[list[tuple[Any, Any]]], None]) -> None:
        """Updates the weights with the batches left over."""
        if int(self.batches):
            self._move(update)

    def _move(self, update: Callable[[list[tuple[Any, Any]]], None]) -> None:
        update([(self.sums[variable.ref()] / self.tokens, variable) for variable in self.moved])
        self._empty()

    def _empty(self) -> None:
        for variable in (*self.sums.values(), self.batches, self.tokens):
            variable.assign(tf.zeros_like(variable))
