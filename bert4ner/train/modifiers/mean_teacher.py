"""Mean teacher: outputs are to be those of the averaged weights, on windows without labels, too."""

from collections.abc import Callable
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.builder import assemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options.fields import Range
from bert4ner.train.modifiers.agreement import check_divergence
from bert4ner.train.modifiers.averaging import RunningAverage
from bert4ner.train.modifiers.ranges import check_number, check_whole
from bert4ner.train.ramp import risen
from bert4ner.train.step import Batch, Loss


@final
class MeanTeacher(RunningAverage):
    """Adds weight * r times the mean divergence of outputs from those of the teacher, the running average of weights.

    The divergence is the head's (`Head.divergence`), counted as its loss is. All windows of a batch count alike in it,
    whatever their weight, as the labels have no part in it. The teacher, a second network, reads the same windows
    without dropout and has no gradient; where another modifier moves the student's embeddings, it reads them unmoved.
    Its weights, those of `ema`, are scored and saved. r rises over the first epochs; see `bert4ner.train.ramp.risen`.

    Args:
        weight: of the divergence; 0 or more.
        decay: share of the average that an update leaves in it, at most; within [0, 1).
        ramp: epochs in which r rises from nearly nothing to 1; 0: it is 1 at once.

    Raises:
        ConfigError: an option is outside its range, or the head does not say what its divergence is.

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
        """Refuses a head that does not say how far two of its outputs are apart."""
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
        """The loss, and how far the outputs are from the teacher's."""
        loss = compute(batch)
        taught = tf.stop_gradient(self.teacher(batch.inputs, training=False))
        apart = tf.reduce_mean(self.head.divergence(batch.targets, loss.outputs, taught))
        return Loss(loss.value + self.weight * self.share * apart, loss.outputs)


def _copy_of(model: NERModel) -> Any:
    """Another network like a model's, with its weights."""
    blueprint = Blueprint.of(model.config, model.labels, model.encoder_config, model.vocabulary)
    network, _ = assemble(blueprint, model.reading, model.lexicon)
    network.set_weights(model.network.get_weights())
    return network
