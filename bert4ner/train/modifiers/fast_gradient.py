"""FGM: a second pass at adversarial embeddings, perturbed by one step along the gradient."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.options import Range
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.perturbation import Embeddings, mean_of, scaled_to
from bert4ner.train.step import Batch, Gradients, Modifier


@final
class FastGradient(Modifier):
    """Trains on every window twice: unchanged, and perturbed by r = epsilon * g / |g|; the gradients are averaged.

    g is the gradient of the loss with respect to the vectors of the window's tokens, without padding; |g| is its L2
    norm over the whole window. A step takes about twice as long. `bert4ner.train.perturbation.Embeddings` defines the
    vectors.

    Args:
        epsilon: L2 norm of the perturbation of a window; 0 or more.

    Raises:
        ConfigError: `epsilon` is outside its range.

    References:
        Goodfellow et al. 2015, Explaining and Harnessing Adversarial Examples (the average); Miyato et al. 2017,
        Adversarial Training Methods for Semi-Supervised Text Classification (embeddings, L2).
    """

    role = "adversarial training"

    def __init__(self, epsilon: float = 1.0):
        check_number("fgm", Range(low=0), epsilon=epsilon)
        self.epsilon = float(epsilon)

    def build(self, network: Any) -> None:
        """Finds the embeddings."""
        self.embeddings = Embeddings(network, "fgm")

    def around_gradients(self, compute: Callable[[Batch], Gradients], batch: Batch) -> Gradients:
        """The mean of the gradients at the original and at the perturbed embeddings."""
        plain = self.embeddings.run(compute, batch)
        moved = self.embeddings.run(compute, batch, scaled_to(plain.slopes, self.epsilon))
        return mean_of([plain.gradients, moved.gradients])
