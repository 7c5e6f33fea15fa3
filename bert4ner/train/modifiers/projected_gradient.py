"""PGD: a second gradient of the weights at adversarial embeddings, found in several steps."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.options import Range
from bert4ner.train.modifiers.ranges import check_number, check_whole
from bert4ner.train.perturbation import STEPS, Embeddings, mean_of, scaled_to, within
from bert4ner.train.step import Batch, Gradients, Modifier


@final
class ProjectedGradient(Modifier):
    """Trains on every window twice: unchanged, and perturbed in several steps; the gradients are averaged.

    From r = 0 each step goes to r + alpha * g / |g|, projected into the ball |r| <= epsilon. g is the gradient
    of the loss with respect to the vectors of the window's tokens at r, without padding; norms are L2 over the whole
    window. A training step makes steps + 1 forward and backward passes. `bert4ner.train.perturbation.Embeddings`
    defines the vectors.

    Args:
        steps: number of steps, 1 to 20.
        epsilon: radius of the ball; 0 or more.
        alpha: length of a step; 0 or more.

    Raises:
        ConfigError: an option is outside its range.

    References:
        Madry et al. 2018, Towards Deep Learning Models Resistant to Adversarial Attacks.
    """

    role = "adversarial training"

    def __init__(self, steps: int = 3, epsilon: float = 1.0, alpha: float = 0.4):
        check_whole("pgd", STEPS, steps=steps)
        check_number("pgd", Range(low=0), epsilon=epsilon, alpha=alpha)
        self.steps, self.epsilon, self.alpha = steps, float(epsilon), float(alpha)

    def build(self, network: Any) -> None:
        """Finds the embeddings."""
        self.embeddings = Embeddings(network, "pgd")

    def around_gradients(self, compute: Callable[[Batch], Gradients], batch: Batch) -> Gradients:
        """The mean of the gradients at the original and the final embeddings; those between only give the direction."""
        plain = last = self.embeddings.run(compute, batch)
        offsets = None
        for _ in range(self.steps):
            step = scaled_to(last.slopes, self.alpha)
            offsets = within(step if offsets is None else offsets + step, self.epsilon)
            last = self.embeddings.run(compute, batch, offsets)
        return mean_of([plain.gradients, last.gradients])
