"""AdamW with groups: the head and the layers learn at rates of their own, biases and norms do not decay."""

import math
import re
from typing import Any

from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.optimizer import SlotOptimizer, loss_scaling_state
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.backbone import encoder_parameters
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig, get_family
from bert4ner.train.schedule import Warmup

_BASE_PARAMETERS, _BASE_RATE = 85e6, 2e-5  # the blocks of a 12-layer, width-768 encoder and its usual rate
_MINI_PARAMETERS, _MINI_RATE = 3.1e6, 1e-3  # 4 layers of width 256
_HEAD_FACTOR, _HEAD_RATES = 10.0, (2e-3, 1e-2)  # what is on top starts from nothing, whatever the encoder's size
_NO_DECAY = re.compile(r"bias|beta|gamma|mixture|prior|sizes|transitions|starts|ends")


def auto_learning_rate(parameters: int) -> float:
    """The peak learning rate of an encoder with so many weights in its blocks, between 5e-6 and 1e-3.

    Below a base encoder the rate follows the power law through the mini (1e-3) and the base (2e-5); above, it falls
    with the root of the size (1e-5 for a large one).
    """
    below = math.log(_MINI_RATE / _BASE_RATE) / math.log(_BASE_PARAMETERS / _MINI_PARAMETERS)
    exponent = below if parameters < _BASE_PARAMETERS else 0.5
    rate: float = _BASE_RATE * (_BASE_PARAMETERS / parameters) ** exponent
    return min(max(rate, 5e-6), _MINI_RATE)


def decays(variable: Any) -> bool:
    """Whether a variable is to be kept small: a kernel, and no bias, norm, prior or transition."""
    return not _NO_DECAY.search(variable.name.rpartition("/")[2])


class GroupedAdamW(SlotOptimizer):
    """Adam with decoupled weight decay, a rate factor for named variables, and no decay for biases and norms.

    Args:
        learning_rate: rate or schedule of the ungrouped variables.
        rate_factors: variable name -> factor on the rate.
        weight_decay: decay per step, multiplied by the variable's rate.
        **kwargs: as for `SlotOptimizer`, `global_clipnorm` among them.

    References:
        Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization.
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate: Any,
        rate_factors: dict[str, float] | None = None,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, **kwargs)
        self.rate_factors = dict(rate_factors or {})
        self.decay = weight_decay  # `weight_decay` is the base class's own, ungrouped
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.gates: dict[str, Any] = {}
        """Variable name -> a variable whose value, at each update, is a further factor on the rate."""

    def update_step(self, gradient: Any, variable: Any) -> None:
        """Updates one variable, its two moments and, where it decays, its decay."""
        step = tf.cast(self.iterations + 1, "float32")
        rate = tf.cast(self.learning_rate, "float32") * self.rate_factors.get(variable.name, 1.0)
        if variable.name in self.gates:
            rate *= self.gates[variable.name]
        first, second = self.slots_of(variable)
        if self.decay and decays(variable):
            variable.assign_sub(rate * self.decay * variable)
        tf.raw_ops.ResourceApplyAdam(  # one pass over memory where single steps take ten
            var=variable.handle,
            m=first.handle,
            v=second.handle,
            grad=gradient,
            lr=rate,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments by which Keras makes the optimizer again."""
        return {
            **super().get_config(),
            "rate_factors": self.rate_factors,
            "weight_decay": self.decay,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


def grouped(optimizer: Any) -> GroupedAdamW | None:
    """The optimizer that `build_optimizer` made, out of its loss scaling; None if another did."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner if isinstance(inner, GroupedAdamW) else None


def learning_rates(config: Config, encoder_config: EncoderConfig, passes: float = 1.0) -> tuple[float, float]:
    """Peak rates of the encoder and of everything on top, `auto` resolved.

    On top it is ten times the encoder's, within [2e-3, 1e-2], and at least the encoder's own. Where windows are read
    several times, a batch holds as many fewer of them, and those bounds are less by the root of that number.

    Args:
        config: where the rates are numbers or `auto`.
        encoder_config: the size of the encoder, which `auto` depends on.
        passes: how often the encoder reads every window, see `Reading.passes`.

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
    return float(encoder), float(head)


def check_layer_decay(config: Config, encoder_config: EncoderConfig) -> None:
    """Refuse rates by layer for an encoder whose layers have one set of weights.

    Raises:
        ConfigError: as said.
    """
    decay, family = config.rates.layer_decay, encoder_config.family
    if decay != 1 and get_family(family, where="the encoder's configuration").shared:
        raise ConfigError(f"layer_decay={decay}: the layers of the family {family} are one; leave it out")


def _layer_factors(model: NERModel) -> dict[str, float]:
    """Factors on the rates of the encoder's variables: the last layer has the rate itself, embeddings the least."""
    decay, last = model.config.rates.layer_decay, model.encoder_config.num_hidden_layers
    return {name: decay ** (last - layer) for name, layer in model.encoder_variables().items() if decay != 1}


def build_optimizer(model: NERModel, total_steps: int, *, loss_scaling: bool = False) -> Any:
    """The optimizer for `total_steps` updates of a model, as its configuration says; built.

    Args:
        model: the model to train.
        total_steps: updates of the whole training, which the schedule ends with.
        loss_scaling: guard float16 gradients against underflow by dynamic loss scaling.

    Raises:
        ConfigError: as `check_layer_decay`.
    """
    check_layer_decay(model.config, model.encoder_config)
    options = model.config.optimization
    encoder_rate, head_rate = learning_rates(model.config, model.encoder_config, model.reading.passes)
    optimizer = GroupedAdamW(
        Warmup(encoder_rate, round(options.warmup * total_steps), total_steps, model.config.rates.schedule),
        rate_factors={**_layer_factors(model), **dict.fromkeys(model.head_variables(), head_rate / encoder_rate)},
        weight_decay=options.weight_decay,
        global_clipnorm=options.clip_norm or None,
    )
    if loss_scaling:
        optimizer = keras.mixed_precision.LossScaleOptimizer(optimizer)
    optimizer.build(model.network.trainable_variables)  # else the step is traced twice, the first for these
    return optimizer


def state_variables(optimizer: Any) -> list[Any]:
    """Everything that an optimizer of `build_optimizer` remembers from step to step, in an order that does not vary."""
    return [*optimizer.variables, *loss_scaling_state(optimizer)]
