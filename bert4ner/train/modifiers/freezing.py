"""The lower layers of the pretrained encoder rest while what stands on them finds its way."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig, get_family
from bert4ner.options.fields import Range
from bert4ner.train.modifiers.ranges import check_whole
from bert4ner.train.optimizers import grouped
from bert4ner.train.step import Modifier


@final
class Freezing(Modifier):
    """Lets the embeddings and the lower layers of the pretrained encoder not move in the first epochs.

    Their rates are 0 then, decay included. The optimizer keeps seeing their gradients, so that they begin to move with
    moments of a size that bias correction expects; the norm that is clipped is that of all gradients. Nothing is saved
    in time or memory.

    Args:
        layers: how many, from the lowest, rest beside the embeddings; 0 are the embeddings alone.
        epochs: how many they rest for; at least 1. As many as the training has, or more: they never move.

    Raises:
        ConfigError: an option is outside its range, the encoder has fewer layers, or they share their weights.
    """

    def __init__(self, layers: int = 0, epochs: int = 1):
        check_whole("freeze", Range(low=0), layers=layers)
        check_whole("freeze", Range(low=1), epochs=epochs)
        self.layers = layers
        self.epochs = epochs

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses an encoder that has fewer layers, or whose layers have one set of weights."""
        if self.layers > encoder.num_hidden_layers:
            raise ConfigError(
                f"the modifier freeze is to keep layers={self.layers}, but the encoder has {encoder.num_hidden_layers}"
            )
        if self.layers and get_family(encoder.family, where="the encoder's configuration").shared:
            raise ConfigError(
                f"the modifier freeze cannot keep layers={self.layers} of the family {encoder.family}, whose layers "
                "are one; leave it out"
            )

    def build(self, network: Any) -> None:
        """Puts a factor of its own on the rates of the layers."""
        numbers = NERModel.of(network).encoder_variables()
        optimizer = grouped(network.optimizer)
        if optimizer is None or not set(range(1, self.layers + 1)) <= set(numbers.values()):
            raise ConfigError(
                f"the modifier freeze needs the optimizer of `compile_for_training`, and {self.layers} layers that can "
                f"be told by their names, found {type(network.optimizer).__name__} and layers {set(numbers.values())}"
            )
        with tf.init_scope():
            self.factor = tf.Variable(0.0, trainable=False)
        optimizer.gates.update({name: self.factor for name, number in numbers.items() if number <= self.layers})

    def begin_epoch(self, epoch: int) -> None:
        """Lets them go, if the epoch is late enough."""
        self.factor.assign(float(epoch >= self.epochs))
