"""FreeLB: several adversarial steps from a random start; the weights learn from the gradient at each step."""

import math
from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.models.ner_model import NERModel
from bert4ner.options import Range
from bert4ner.train.modifiers.ranges import check_number, check_whole
from bert4ner.train.perturbation import STEPS, Embeddings, mean_of, scaled_to, within
from bert4ner.train.step import Batch, Gradients, Modifier


@final
class FreeLargeBatch(Modifier):
    """Trains on every window at several perturbed embeddings in turn; the gradients are averaged.

    The first r is uniform, with each element within init / sqrt(n) of 0, for the n elements of a window's vectors
    without padding. Each further one is r + alpha * g / |g|, projected into the ball |r| <= epsilon. g is the gradient
    of the loss with respect to the vectors at r; norms are L2 over the whole window. A training step takes about
    `steps` times as long. `bert4ner.train.perturbation.Embeddings` defines the vectors.

    Args:
        steps: number of perturbed embeddings, 1 to 20.
        epsilon: radius of the ball; 0 or more.
        alpha: length of a step; 0 or more.
        init: maximum L2 norm of the first r, which is also projected into the ball; 0 or more.

    Raises:
        ConfigError: an option is outside its range.

    References:
        Zhu et al. 2020, FreeLB: Enhanced Adversarial Training for Natural Language Understanding.
    """

    role = "adversarial training"

    def __init__(self, steps: int = 3, epsilon: float = 1.0, alpha: float = 0.4, init: float = 0.4):
        check_whole("freelb", STEPS, steps=steps)
        check_number("freelb", Range(low=0), epsilon=epsilon, alpha=alpha, init=init)
        self.steps, self.epsilon, self.alpha, self.init = steps, float(epsilon), float(alpha), float(init)

    def build(self, network: Any) -> None:
        """Finds the embeddings and creates the counter of draws."""
        self.embeddings = Embeddings(network, "freelb")
        self.seed = NERModel.of(network).config.run.seed
        with tf.init_scope():
            self.draws = tf.Variable(0, trainable=False, dtype="int64")

    def around_gradients(self, compute: Callable[[Batch], Gradients], batch: Batch) -> Gradients:
        """The mean of the gradients at all perturbed embeddings."""
        self.draws.assign_add(1)
        passes = [self.embeddings.run(compute, batch, self._start)]
        for _ in range(self.steps - 1):
            offsets = passes[-1].offsets + scaled_to(passes[-1].slopes, self.alpha)
            passes.append(self.embeddings.run(compute, batch, within(offsets, self.epsilon)))
        return mean_of([each.gradients for each in passes])

    def _start(self, vectors: Any, real: Any) -> Any:
        """Initial offsets (rows, length, width), determined by the seed and the index of the draw."""
        seed = tf.stack([tf.constant(self.seed, "int64"), self.draws])
        numbers = tf.random.stateless_uniform(tf.shape(vectors), seed, minval=-1.0, maxval=1.0)
        kept = tf.cast(real, "float32")[:, :, None]  # (rows, length, 1)
        tokens = tf.reduce_sum(kept, axis=1, keepdims=True)
        largest = tf.math.divide_no_nan(self.init / math.sqrt(vectors.shape[-1]), tf.sqrt(tokens))
        return within(kept * largest * numbers, self.epsilon)

    def variables(self) -> list[Any]:
        """The number of draws."""
        return [self.draws]
