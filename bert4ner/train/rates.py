"""The learning rates of the encoder and its layers, the neck, the head and the head's transitions."""

import math
from typing import NamedTuple

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.backbone import encoder_parameters
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig, get_family
from bert4ner.registry import HEADS

_BASE_PARAMETERS, _BASE_RATE = 85e6, 2e-5  # the blocks of a 12-layer, width-768 encoder and its usual rate
_MINI_PARAMETERS, _MINI_RATE = 3.1e6, 1e-3  # 4 layers of width 256
_HEAD_FACTOR, _HEAD_RATES = 10.0, (2e-3, 1e-2)  # the parts above the encoder start untrained, whatever its size


class Rates(NamedTuple):
    """Peak rates of the parts of a network."""

    encoder: float
    """The rate of the pretrained encoder's last layer; lower layers may have lower rates."""
    head: float
    """The rate of the head and of all parts above the encoder that have no rate of their own."""
    neck: float
    """The rate of the neck between encoder and head."""
    transitions: float
    """The rate of the head's transitions between tags."""


def auto_learning_rate(parameters: int) -> float:
    """The peak learning rate of an encoder by the number of weights in its blocks, between 5e-6 and 1e-3.

    Below a base encoder the rate follows the power law through the mini (1e-3) and the base (2e-5); above, it falls
    with the root of the size (1e-5 for a large one).
    """
    below = math.log(_MINI_RATE / _BASE_RATE) / math.log(_BASE_PARAMETERS / _MINI_PARAMETERS)
    exponent = below if parameters < _BASE_PARAMETERS else 0.5
    rate: float = _BASE_RATE * (_BASE_PARAMETERS / parameters) ** exponent
    return min(max(rate, 5e-6), _MINI_RATE)


def learning_rates(config: Config, encoder_config: EncoderConfig, passes: float = 1.0) -> Rates:
    """Peak rates of all parts, with `auto` resolved.

    Above the encoder the rate is ten times the encoder's, within [2e-3, 1e-2], and at least the encoder's own. If each
    window is read several times, a batch holds fewer windows; the bounds are then divided by the root of that number.

    Args:
        config: its rates are numbers or `auto`.
        encoder_config: the size of the encoder, which `auto` depends on.
        passes: number of times that the encoder reads every window, see `Reading.passes`.

    References:
        Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks (the root); Malladi et al.
        2022, On the SDEs and Scaling Rules for Adaptive Gradient Algorithms (why it holds for Adam).
    """
    options = config.optimization
    encoder, head = options.learning_rate, options.head_learning_rate
    slower = math.sqrt(passes)
    if encoder == "auto":
        encoder = auto_learning_rate(encoder_parameters(encoder_config))
    if head == "auto":
        low, high = _HEAD_RATES
        head = max(min(max(_HEAD_FACTOR * encoder, low / slower), high / slower), encoder)
    neck, transitions = (head if rate == "auto" else rate for rate in _own(config))
    return Rates(float(encoder), float(head), float(neck), float(transitions))


def _own(config: Config) -> tuple[float | str, float | str]:
    return config.rates.neck_learning_rate, config.rates.transition_learning_rate


def check_rates(config: Config, encoder_config: EncoderConfig) -> None:
    """Refuse rates of parts that a network does not have.

    Raises:
        ConfigError: such a rate; or rates by layer although all layers share their weights.
    """
    decay, family = config.rates.layer_decay, encoder_config.family
    if decay != 1 and get_family(family, where="the encoder's configuration").shared:
        raise ConfigError(f"layer_decay={decay}: the layers of the family {family} share their weights; leave it out")
    neck, transitions = _own(config)
    if neck != "auto" and config.model.encoder == "none":
        raise ConfigError(f"neck_learning_rate={neck}, but encoder=none: there is no neck; leave it out")
    head = config.model.head
    if transitions != "auto" and not HEADS.get(head).transition_weights:
        raise ConfigError(f"transition_learning_rate={transitions}, but the head {head!r} has no transitions")


def rate_factors(model: NERModel) -> dict[str, float]:
    """Factors on the encoder's rate by names of variables; variables not named have the factor 1.

    The last layer of the encoder has the factor 1, embeddings have the smallest.
    """
    rates = learning_rates(model.config, model.encoder_config, model.reading.passes)
    decay, last = model.config.rates.layer_decay, model.encoder_config.num_hidden_layers
    factors = {name: decay ** (last - layer) for name, layer in model.encoder_variables().items() if decay != 1}
    factors.update(dict.fromkeys(model.head_variables(), rates.head / rates.encoder))
    factors.update(dict.fromkeys(model.neck_variables(), rates.neck / rates.encoder))
    factors.update(dict.fromkeys(model.transition_variables(), rates.transitions / rates.encoder))
    return factors
