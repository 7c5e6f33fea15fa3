"""Mean teacher: pulls outputs towards those of the averaged weights, also on windows without labels."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.builder import assemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options import Range
from bert4ner.train.modifiers.agreement import check_divergence
from bert4ner.train.modifiers.averaging import RunningAverage
from bert4ner.train.modifiers.ranges import check_number, check_whole
from bert4ner.train.ramp import risen
from bert4ner.train.step import Batch, Loss


@final
class MeanTeacher(RunningAverage):
    """Adds weight * r times the mean divergence of outputs from those of the teacher, the running average of weights.

    The divergence is `Head.divergence`, scaled like the head's loss. All windows of a batch have the same weight in it,
    since it uses no labels. The teacher, a second network, reads the same windows without dropout and has no gradient.
    It reads the original embeddings even if another modifier perturbs those of the student. Its weights, the average of
    `ema`, are scored and saved. r rises over the first epochs; see `bert4ner.train.ramp.risen`.

    Args:
        weight: weight of the divergence; 0 or more.
        decay: maximum share of the previous average in the new one; within [0, 1).
        ramp: number of epochs in which r rises from nearly 0 to 1; with 0 it is always 1.

    Raises:
        ConfigError: an option is outside its range, or the head defines no divergence.

    References:
        Tarvainen and Valpola 2017, Mean Teachers are Better Role Models (the divergence there is the mean square of
        differences of probabilities).
    """

    learns_without_labels = True

    def __init__(self, weight: float = 1.0, decay: float = 0.99, ramp: int = 2):
        super().__init__("mean_teacher", decay)
        check_number("mean_teacher", Range(low=0), weight=weight)
        check_whole("mean_teacher", Range(low=0), ramp=ramp)
        self.weight, self.ramp = float(weight), ramp

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses a head that defines no divergence of its outputs."""
        check_divergence("mean_teacher", config)

    def averages_for(self, network: Any) -> list[Any]:
        """The weights of the teacher."""
        model = NERModel.of(network)
        self.head, self.teacher = model.head, _copy_of(model)
        with tf.init_scope():
            self.share = tf.Variable(risen(0, self.ramp), trainable=False)
        return list(self.teacher.trainable_variables)

    def begin_epoch(self, epoch: int) -> None:
        """Raises the weight."""
        self.share.assign(risen(epoch, self.ramp))

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss plus the weighted divergence from the teacher's outputs."""
        loss = compute(batch)
        taught = tf.stop_gradient(self.teacher(batch.inputs, training=False))
        apart = tf.reduce_mean(self.head.divergence(batch.targets, loss.outputs, taught))
        return Loss(loss.value + self.weight * self.share * apart, loss.outputs)


def _copy_of(model: NERModel) -> Any:
    """A copy of a model's network, with its weights."""
    blueprint = Blueprint.of(model.config, model.labels, model.encoder_config, model.vocabulary)
    network, _ = assemble(blueprint, model.reading, model.lexicon)
    network.set_weights(model.network.get_weights())
    return network
