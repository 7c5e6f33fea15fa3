"""AdamW with groups: some variables have their own learning rates, biases and norms do not decay."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.optimizer import SlotOptimizer, loss_scaling_state
from bert4ner.models.ner_model import NERModel
from bert4ner.train.rates import check_rates, learning_rates, rate_factors
from bert4ner.train.schedule import Warmup

_NO_DECAY = re.compile(r"bias|beta|gamma|mixture|prior|sizes|transitions|starts|ends")


def decays(variable: Any) -> bool:
    """Whether a variable decays: kernels do; biases, norms, priors and transitions do not."""
    return not _NO_DECAY.search(variable.name.rpartition("/")[2])


class GroupedAdamW(SlotOptimizer):
    """Adam with decoupled weight decay, a rate factor for named variables, and no decay for biases and norms.

    Args:
        learning_rate: rate or schedule of the ungrouped variables.
        rate_factors: factor on the rate by variable name.
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
        self.decay = weight_decay  # `weight_decay` would be the base class's, for all variables
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.gates: dict[str, Any] = {}
        """Further factors on the rate by variable name; each is a variable, read at every update."""

    def update_step(self, gradient: Any, variable: Any) -> None:
        """Updates one variable and its two moments, and applies weight decay if it decays."""
        step = tf.cast(self.iterations + 1, "float32")
        rate = tf.cast(self.learning_rate, "float32") * self.rate_factors.get(variable.name, 1.0)
        if variable.name in self.gates:
            rate *= self.gates[variable.name]
        first, second = self.slots_of(variable)
        if self.decay and decays(variable):
            variable.assign_sub(rate * self.decay * variable)
        tf.raw_ops.ResourceApplyAdam(  # one pass over memory; separate operations take ten
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
        """The arguments from which Keras builds the optimizer again."""
        return {
            **super().get_config(),
            "rate_factors": self.rate_factors,
            "weight_decay": self.decay,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


def grouped(optimizer: Any) -> GroupedAdamW | None:
    """The optimizer that `build_optimizer` made, without its loss scaling; None if it is another one."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner if isinstance(inner, GroupedAdamW) else None


def build_optimizer(
    model: NERModel, total_steps: int, *, loss_scaling: bool = False, schedule: Callable[[int], Any] | None = None
) -> Any:
    """The built optimizer for `total_steps` updates of a model, by its configuration.

    Args:
        model: the model to train.
        total_steps: updates of the whole training, at which the schedule ends.
        loss_scaling: guard float16 gradients against underflow by dynamic loss scaling.
        schedule: makes the encoder's schedule from `total_steps`; by default the configured one.

    Raises:
        ConfigError: see `check_rates`.
    """
    check_rates(model.config, model.encoder_config)
    optimizer = GroupedAdamW(
        (schedule or configured_rates(model))(total_steps),
        rate_factors=rate_factors(model),
        weight_decay=model.config.optimization.weight_decay,
        global_clipnorm=model.config.optimization.clip_norm or None,
    )
    return built(optimizer, model.network.trainable_variables, loss_scaling=loss_scaling)


def built(optimizer: Any, variables: Sequence[Any], *, loss_scaling: bool) -> Any:
    """An optimizer with all slots created, wrapped in dynamic loss scaling if `loss_scaling`."""
    if loss_scaling:
        optimizer = keras.mixed_precision.LossScaleOptimizer(optimizer)
    optimizer.build(variables)  # otherwise the step is traced twice, first to create the slots
    return optimizer


def configured_rates(model: NERModel) -> Callable[[int], Any]:
    """A function from the number of updates to the encoder's schedule, by a model's configuration."""
    rate = learning_rates(model.config, model.encoder_config, model.reading.passes).encoder
    warmup, schedule = model.config.optimization.warmup, model.config.rates.schedule
    return lambda total_steps: Warmup(rate, round(warmup * total_steps), total_steps, schedule)


def state_variables(optimizer: Any) -> list[Any]:
    """All variables that an optimizer of `build_optimizer` keeps from step to step, in a fixed order."""
    return [*optimizer.variables, *loss_scaling_state(optimizer)]
