"""PGD: a second gradient of the weights at embeddings that are moved against the model, in several steps."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.options.fields import Range
from bert4ner.train.modifiers.ranges import check_number, check_whole
from bert4ner.train.perturbation import STEPS, Embeddings, mean_of, scaled_to, within
from bert4ner.train.step import Batch, Gradients, Modifier


@final
class ProjectedGradient(Modifier):
    """Trains on every window twice: as it is, and moved by several steps; the gradients are averaged.

    From r = 0 each step goes to r + alpha * g / |g|, and back into the ball |r| <= epsilon. g is the gradient of the
    loss by the vectors of the window's tokens at r, padding left out; norms are L2 over all of the window. A step of
    training makes steps + 1 forward and backward passes. See
    `bert4ner.train.perturbation.Embeddings` for what is moved.

    Args:
        steps: how many there are, 1 to 20.
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
        """The mean of the gradients at the embeddings and at the moved ones; those on the way only show the way."""
        plain = last = self.embeddings.run(compute, batch)
        offsets = None
        for _ in range(self.steps):
            step = scaled_to(last.slopes, self.alpha)
            offsets = within(step if offsets is None else offsets + step, self.epsilon)
            last = self.embeddings.run(compute, batch, offsets)
        return mean_of([plain.gradients, last.gradients])
