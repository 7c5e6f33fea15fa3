"""Forward passes at moved embeddings: what the encoder embeds of the windows gets something added, no weight moves.

Modifiers say what is added. While none does, the embedding layer and the graph are what they always are.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from typing import Any, NamedTuple

from bert4ner.backend.calls import replaced_call, sources_of_calls
from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.options.fields import Range
from bert4ner.train.step import Batch, Gradients

_LAYER = "Embedding-Token"
STEPS = Range(low=1, high=20)
"""How often the embeddings may be moved against the model: each is a part of the graph by itself."""


class Pass(NamedTuple):
    """A forward and a backward pass at moved embeddings."""

    gradients: Gradients
    """Of the weights, at the moved embeddings."""
    offsets: Any
    """What was added to the vectors, ``(rows, length, width)`` float32; None if nothing was."""
    slopes: Any
    """The gradient of the loss by the vectors, ``(rows, length, width)`` float32; 0 at padding."""


class Embeddings:
    """The vectors of tokens that the encoder of a network reads, before positions and segments are added.

    They are those of the windows, a row each. Where the encoder reads windows behind queries (`mrc`), a row is what it
    embeds of a window: the window, if lower layers read it by itself, else query and window, once for each label.
    Queries that are read by themselves stay as they are.

    Args:
        network: of `build_model`.
        modifier: name of who moves them, for messages.

    Raises:
        ConfigError: the network has no embeddings of tokens, or `build_model` did not make it.
    """

    def __init__(self, network: Any, modifier: str):
        model = NERModel.of(network)
        found = [layer for layer in network.layers if layer.name == _LAYER]
        if not found:
            raise ConfigError(f"the modifier {modifier} moves what the layer {_LAYER} gives, which this encoder lacks")
        self._layer, self._modifier, self._padding = found[0], modifier, model.vocabulary.pad_id
        windows = {network.input_names[0], *model.reading.joined}
        sources = sources_of_calls(network, self._layer)
        self._moved = [name in windows and output == 0 for name, output in sources]

    def run(self, compute: Callable[[Batch], Gradients], batch: Batch, offsets: Any = None) -> Pass:
        """Forward and backward passes at moved vectors; dropout is drawn anew, as in every pass.

        Args:
            compute: what a modifier gets; if it makes several forward passes, all are at the same vectors.
            batch: what it is to compute.
            offsets: what is added, (rows, length, width); or what makes it of the vectors and of which tokens are not
                padding, (rows, length); or None.

        Raises:
            ConfigError: no gradient gets to the embeddings, as where their variable is made to be never trained.
        """
        slopes: list[Any] = []
        added = [] if callable(offsets) else [offsets]

        def move(vectors: Any, real: Any) -> Any:
            if not added:
                added.append(offsets(vectors, real))
            if added[0] is not None:
                vectors += tf.cast(added[0], vectors.dtype)
            return _noting(vectors, real, slopes)

        with self._changed(move):
            gradients = compute(batch)
        if not slopes:
            raise ConfigError(f"the modifier {self._modifier} needs the gradient of the embeddings; train them")
        return Pass(gradients, added[0], tf.add_n(slopes))

    def at(self, measure: Callable[[Batch], Any], batch: Batch, offsets: Any) -> Any:
        """What `measure`, which makes forward passes, gives of a batch at moved vectors.

        Args:
            measure: makes it of a batch, for instance by what a modifier gets.
            batch: what it is given.
            offsets: as in `run`, but not None.
        """

        def move(vectors: Any, real: Any) -> Any:
            added = offsets(vectors, real) if callable(offsets) else offsets
            return vectors + tf.cast(added, vectors.dtype)

        with self._changed(move):
            return measure(batch)

    def slopes(self, measure: Callable[[Batch], Any], batch: Batch) -> tuple[Any, Any]:
        """A number, and its gradient by the vectors, (rows, length, width) float32, 0 at padding; it has one, too.

        Args:
            measure: makes the number of a batch; if it makes several forward passes, the gradient is the sum of theirs.
            batch: what it is given.
        """
        watched: list[tuple[Any, Any]] = []
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def watch(vectors: Any, real: Any) -> Any:
                tape.watch(vectors)
                watched.append((vectors, real))
                return vectors

            with self._changed(watch):
                value = measure(batch)
        found = tape.gradient(value, [vectors for vectors, _ in watched])
        return value, tf.add_n([_at(real, slopes) for slopes, (_, real) in zip(found, watched, strict=True)])

    def _changed(self, move: Callable[[Any, Any], Any]) -> AbstractContextManager[None]:
        """While open, calls of the layer on windows give what `move` makes of the vectors and of which are real."""
        own, numbers = self._layer.call, count()

        def call(ids: Any, *args: Any, **kwargs: Any) -> Any:
            vectors = own(ids, *args, **kwargs)
            if not self._moved[next(numbers) % len(self._moved)]:
                return vectors
            return move(vectors, tf.not_equal(ids, tf.cast(self._padding, ids.dtype)))

        return replaced_call(self._layer, call)


def _noting(vectors: Any, real: Any, slopes: list[Any]) -> Any:
    """The vectors; once their gradient is computed, in the same graph, it is in the list, 0 where not `real`."""

    @tf.custom_gradient
    def same(vectors: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            slopes.append(_at(real, upstream))
            return upstream

        return tf.identity(vectors), gradient

    return same(vectors)


def _at(real: Any, slopes: Any) -> Any:
    """Slopes (rows, length, width) in float32, 0 where a token is not `real` (rows, length)."""
    return tf.where(real[:, :, None], tf.cast(slopes, "float32"), 0.0)


def row_norms(values: Any) -> Any:
    """The L2 norm of each row of (rows, length, width): (rows, 1, 1). Values whose squares underflow count, too."""
    largest = tf.reduce_max(tf.abs(values), axis=[1, 2], keepdims=True)
    shares = tf.math.divide_no_nan(values, largest)
    return largest * tf.sqrt(tf.reduce_sum(tf.square(shares), axis=[1, 2], keepdims=True))


def scaled_to(values: Any, norm: float) -> Any:
    """Each row of (rows, length, width) scaled to an L2 norm; 0 where it is 0, or holds what is no number."""
    norms = row_norms(values)
    useful = tf.math.is_finite(norms) & (norms > 0)  # float16 overflows before the scale of the loss is right
    return tf.where(useful, values / tf.where(useful, norms, 1.0) * norm, 0.0)


def within(values: Any, radius: float) -> Any:
    """Each row of (rows, length, width), its L2 norm brought down to a radius where it is larger."""
    return values * tf.minimum(1.0, tf.math.divide_no_nan(radius, row_norms(values)))


def mean_of(passes: Sequence[Gradients]) -> Gradients:
    """The mean of the gradients of several passes, and what the network gave in the first."""
    pairs = [
        (_mean([gradient for gradient, _ in several]), several[0][1])
        for several in zip(*(each.pairs for each in passes), strict=True)
    ]
    return Gradients(pairs, passes[0].outputs)


def _mean(gradients: Sequence[Any]) -> Any:
    share, found = 1.0 / len(gradients), [gradient for gradient in gradients if gradient is not None]
    if not found:
        return None
    if not all(isinstance(gradient, tf.IndexedSlices) for gradient in found):
        return share * tf.add_n([tf.convert_to_tensor(gradient) for gradient in found])
    values = tf.concat([gradient.values for gradient in found], axis=0)
    return tf.IndexedSlices(
        share * values, tf.concat([gradient.indices for gradient in found], axis=0), found[0].dense_shape
    )
