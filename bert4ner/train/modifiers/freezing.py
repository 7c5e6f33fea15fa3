"""Freezes the lower layers of the pretrained encoder in the first epochs, while the layers above learn."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig, get_family
from bert4ner.options import Range
from bert4ner.train.modifiers.ranges import check_whole
from bert4ner.train.optimizers import grouped
from bert4ner.train.step import Modifier


@final
class Freezing(Modifier):
    """Freezes the embeddings and the lower layers of the pretrained encoder in the first epochs.

    Their rates are 0 meanwhile, and they do not decay. The optimizer still gets their gradients, so that their moments
    have the size that bias correction expects when they start to learn. Clipping uses the norm of all gradients. It
    saves no time or memory.

    Args:
        layers: number of frozen layers, from the lowest; 0 freezes only the embeddings.
        epochs: number of epochs to freeze them for; at least 1. With all epochs of the training they never learn.

    Raises:
        ConfigError: an option is outside its range, the encoder has fewer layers, or they share their weights.
    """

    def __init__(self, layers: int = 0, epochs: int = 1):
        check_whole("freeze", Range(low=0), layers=layers)
        check_whole("freeze", Range(low=1), epochs=epochs)
        self.layers = layers
        self.epochs = epochs

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses an encoder that has fewer layers, or whose layers share their weights."""
        if self.layers > encoder.num_hidden_layers:
            raise ConfigError(
                f"the modifier freeze has layers={self.layers}, but the encoder has only {encoder.num_hidden_layers}"
            )
        if self.layers and get_family(encoder.family, where="the encoder's configuration").shared:
            raise ConfigError(
                f"the modifier freeze cannot use layers={self.layers} with the family {encoder.family}, whose layers "
                "share their weights; leave it out"
            )

    def build(self, network: Any) -> None:
        """Adds a factor to the rates of the frozen layers."""
        numbers = NERModel.of(network).encoder_variables()
        optimizer = grouped(network.optimizer)
        if optimizer is None or not set(range(1, self.layers + 1)) <= set(numbers.values()):
            raise ConfigError(
                f"the modifier freeze needs the optimizer of `compile_for_training`, and {self.layers} layers that can "
                f"be recognized by name, found {type(network.optimizer).__name__} and layers {set(numbers.values())}"
            )
        with tf.init_scope():
            self.factor = tf.Variable(0.0, trainable=False)
        optimizer.gates.update({name: self.factor for name, number in numbers.items() if number <= self.layers})

    def begin_epoch(self, epoch: int) -> None:
        """Unfreezes the layers after the given epochs."""
        self.factor.assign(float(epoch >= self.epochs))
