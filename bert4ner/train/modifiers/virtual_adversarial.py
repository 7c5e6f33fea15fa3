"""Virtual adversarial training: pulls outputs at adversarial embeddings towards those at the original ones."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options import Range
from bert4ner.train.modifiers.agreement import check_divergence
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.perturbation import Embeddings, scaled_to
from bert4ner.train.step import Batch, Loss, Modifier


@final
class VirtualAdversarial(Modifier):
    """Adds weight times the mean divergence of outputs at embeddings perturbed by epsilon * g / |g| from the originals.

    The divergence is `Head.divergence`, scaled like the head's loss; the outputs at the original embeddings have no
    gradient in it. g is its gradient with respect to the vectors of the window's tokens at a perturbation xi * d, with
    d random and of norm 1: one step of power iteration towards the direction that changes outputs most. Norms are L2
    over the whole window, without padding. All windows of a batch have the same weight in the mean, since it uses no
    labels. `bert4ner.train.perturbation.Embeddings` defines the vectors.

    Args:
        weight: weight of the divergence; 0 or more.
        epsilon: L2 norm of the perturbation of a window; 0 or more.
        xi: L2 norm of the random perturbation at which g is computed; above 0.

    Raises:
        ConfigError: an option is outside its range, or the head defines no divergence.

    References:
        Miyato et al. 2017, Adversarial Training Methods for Semi-Supervised Text Classification; Miyato et al. 2018,
        Virtual Adversarial Training (with one of both Kullback-Leibler divergences).
    """

    role = "adversarial training"
    learns_without_labels = True

    def __init__(self, weight: float = 1.0, epsilon: float = 1.0, xi: float = 0.1):
        check_number("vat", Range(low=0), weight=weight, epsilon=epsilon)
        check_number("vat", Range(above=0), xi=xi)
        self.weight, self.epsilon, self.xi = float(weight), float(epsilon), float(xi)

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses a head that defines no divergence of its outputs."""
        check_divergence("vat", config)

    def build(self, network: Any) -> None:
        """Finds head and embeddings and creates the counter of draws."""
        model = NERModel.of(network)
        self.head, self.seed = model.head, model.config.run.seed
        self.embeddings = Embeddings(network, "vat")
        with tf.init_scope():
            self.draws = tf.Variable(0, trainable=False, dtype="int64")

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss plus the weighted divergence at the adversarial embeddings."""
        loss = compute(batch)
        fixed = tf.stop_gradient(loss.outputs)
        self.draws.assign_add(1)

        def apart(batch: Batch) -> Any:
            return tf.reduce_mean(self.head.divergence(batch.targets, fixed, compute(batch).outputs))

        _, slopes = self.embeddings.slopes(lambda batch: self.embeddings.at(apart, batch, self._start), batch)
        offsets = tf.stop_gradient(scaled_to(slopes, self.epsilon))
        return Loss(loss.value + self.weight * self.embeddings.at(apart, batch, offsets), loss.outputs)

    def _start(self, vectors: Any, real: Any) -> Any:
        """Offsets (rows, length, width) of norm xi, determined by the seed and the index of the draw."""
        seed = tf.stack([tf.constant(self.seed, "int64"), self.draws])
        numbers = tf.random.stateless_normal(tf.shape(vectors), seed)
        return scaled_to(numbers * tf.cast(real, "float32")[:, :, None], self.xi)

    def variables(self) -> list[Any]:
        """The number of draws."""
        return [self.draws]
