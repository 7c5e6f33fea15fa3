"""Forward passes at perturbed embeddings: adds offsets to the embedded tokens without changing any weight.

Modifiers choose the offsets. Without them, the embedding layer and the graph stay unchanged.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from typing import Any, NamedTuple

from bert4ner.backend.calls import replaced_call, sources_of_calls
from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.options import Range
from bert4ner.train.step import Batch, Gradients

_LAYER = "Embedding-Token"
STEPS = Range(low=1, high=20)
"""Maximum number of adversarial steps: each adds its own part to the graph."""


class Pass(NamedTuple):
    """The result of a forward and a backward pass at perturbed embeddings."""

    gradients: Gradients
    """Gradients of the weights at the perturbed embeddings."""
    offsets: Any
    """The offsets added to the vectors, ``(rows, length, width)`` float32; None if there were none."""
    slopes: Any
    """The gradient of the loss with respect to the vectors, ``(rows, length, width)`` float32; 0 at padding."""


class Embeddings:
    """The token vectors that the encoder of a network reads, before positions and segments are added.

    There is one row of vectors per window. If the encoder reads windows after queries (`mrc`), a row is what it embeds
    of a window: the window alone if the lower layers read it alone, else query and window, once per label. Queries that
    are read alone are not perturbed.

    Args:
        network: made by `build_model`.
        modifier: name of the modifier, for messages.
        modifier: name of the modifier, for messages.

    Raises:
        ConfigError: the network has no token embeddings, or `build_model` did not make it.
    """

    def __init__(self, network: Any, modifier: str):
        model = NERModel.of(network)
        found = [layer for layer in network.layers if layer.name == _LAYER]
        if not found:
            raise ConfigError(f"the modifier {modifier} needs the layer {_LAYER}, which this encoder does not have")
        self._layer, self._modifier, self._padding = found[0], modifier, model.vocabulary.pad_id
        windows = {network.input_names[0], *model.reading.joined}
        sources = sources_of_calls(network, self._layer)
        self._moved = [name in windows and output == 0 for name, output in sources]

    def run(self, compute: Callable[[Batch], Gradients], batch: Batch, offsets: Any = None) -> Pass:
        """Run forward and backward passes at perturbed vectors; dropout is drawn anew, as in every pass.

        Args:
            compute: the computation that a modifier receives; all its forward passes use the same vectors.
            batch: its argument.
            offsets: the values to add, (rows, length, width); or a function that makes them from the vectors and a bool
                array (rows, length), true where a token is not padding; or None.

        Raises:
            ConfigError: no gradient reaches the embeddings, for example because their variable is not trainable.
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
        """The result of `measure`, which makes forward passes, for a batch at perturbed vectors.

        Args:
            measure: computes it from a batch, for example the computation that a modifier receives.
            batch: its argument.
            offsets: as in `run`, but not None.
        """

        def move(vectors: Any, real: Any) -> Any:
            added = offsets(vectors, real) if callable(offsets) else offsets
            return vectors + tf.cast(added, vectors.dtype)

        with self._changed(move):
            return measure(batch)

    def slopes(self, measure: Callable[[Batch], Any], batch: Batch) -> tuple[Any, Any]:
        """A scalar and its gradient with respect to the vectors, (rows, length, width) float32; differentiable again.

        The gradient is 0 at padding.

        Args:
            measure: computes the scalar from a batch; the gradient is summed over its forward passes.
            batch: its argument.
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
        """While open, the embedding layer returns `move(vectors, real)` for windows."""
        own, numbers = self._layer.call, count()

        def call(ids: Any, *args: Any, **kwargs: Any) -> Any:
            vectors = own(ids, *args, **kwargs)
            if not self._moved[next(numbers) % len(self._moved)]:
                return vectors
            return move(vectors, tf.not_equal(ids, tf.cast(self._padding, ids.dtype)))

        return replaced_call(self._layer, call)


def _noting(vectors: Any, real: Any, slopes: list[Any]) -> Any:
    """The vectors, unchanged; when their gradient is computed, in the same graph, it is added to the list."""

    @tf.custom_gradient
    def same(vectors: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            slopes.append(_at(real, upstream))
            return upstream

        return tf.identity(vectors), gradient

    return same(vectors)


def _at(real: Any, slopes: Any) -> Any:
    """Gradients (rows, length, width) in float32, 0 where a token is not `real` (rows, length)."""
    return tf.where(real[:, :, None], tf.cast(slopes, "float32"), 0.0)


def row_norms(values: Any) -> Any:
    """The L2 norm of each row of (rows, length, width): (rows, 1, 1). Values whose squares underflow count, too."""
    largest = tf.reduce_max(tf.abs(values), axis=[1, 2], keepdims=True)
    shares = tf.math.divide_no_nan(values, largest)
    return largest * tf.sqrt(tf.reduce_sum(tf.square(shares), axis=[1, 2], keepdims=True))


def scaled_to(values: Any, norm: float) -> Any:
    """Each row of (rows, length, width) scaled to an L2 norm; 0 if it is 0 or not finite."""
    norms = row_norms(values)
    useful = tf.math.is_finite(norms) & (norms > 0)  # float16 overflows before loss scaling has adapted
    return tf.where(useful, values / tf.where(useful, norms, 1.0) * norm, 0.0)


def within(values: Any, radius: float) -> Any:
    """Each row of (rows, length, width), scaled down to an L2 norm of at most `radius`."""
    return values * tf.minimum(1.0, tf.math.divide_no_nan(radius, row_norms(values)))


def mean_of(passes: Sequence[Gradients]) -> Gradients:
    """The mean gradients of several passes, and the outputs of the first."""
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
