"""Repairs of bert4keras' optimizers, each with what was wrong; its extensions that were wrong are in `extensions`."""

from collections.abc import Callable
from typing import Any

from bert4ner.backend.first import tf
from bert4ner.backend.first_keras import OWN_MODULES, decayed_rate, hyperparameter
from bert4ner.backend.first_optimizers import second
from bert4ner.legacy.extensions.accumulation import extend_with_gradient_accumulation
from bert4ner.legacy.extensions.lookahead import extend_with_lookahead
from bert4ner.legacy.extensions.moving_average import extend_with_exponential_moving_average
from bert4ner.legacy.extensions.parameter_rates import extend_with_parameter_wise_lr
from bert4ner.legacy.unsupported import Unsupported

_REPLACED = (
    extend_with_exponential_moving_average,
    extend_with_gradient_accumulation,
    extend_with_lookahead,
    extend_with_parameter_wise_lr,
)
_THROUGH_UPDATE = "weight_decay layer_adaptation lazy_optimization".split()


def mend(optimizers: Any) -> None:
    """Repair `bert4keras.optimizers`."""
    keras, backend = optimizers.keras, optimizers.K
    for each in (optimizers.Adam, optimizers.AdaFactorBase):
        each.steps_made = lambda self: self.iterations  # gradient accumulation makes fewer than batches

    optimizers.Adam._resource_apply_dense = _adam_step(backend)  # noqa: SLF001  # bert4keras overrides it, too
    # A new variable at every look, so that callbacks changed one that nobody read; no rate in Adam's sense.
    optimizers.AdaFactorBase.learning_rate = property(_adafactor_rate)
    optimizers.AdaFactorBase.beta2 = property(_adafactor_beta2)

    for extend in _REPLACED:
        setattr(optimizers, extend.__name__, optimizers.export_to_custom_objects(extend))
    for name in _THROUGH_UPDATE:
        name = f"extend_with_{name}"
        setattr(optimizers, name, _refusing_kernels(getattr(optimizers, name), name, keras, optimizers.Adam))
    for name in [name for name in vars(optimizers) if name.startswith("extend_with_")]:
        # Keras' Adam corrects for the number of batches, whatever `steps_made` says.
        adam = optimizers.Adam if name == "extend_with_gradient_accumulation" else keras.optimizers.Adam
        setattr(optimizers, name, _of_tf_keras(getattr(optimizers, name), {keras.optimizers.Adam: adam}))

    # In files both are called Adam, and Keras takes its own for any name that looks like it.
    keras.utils.get_custom_objects()["adam"] = _adam_of_files(optimizers.Adam, keras.optimizers.Adam)


def _adam_step(backend: Any) -> Callable[..., Any]:
    def _resource_apply_dense(self: Any, grad: Any, var: Any) -> Any:
        """As bert4keras', but corrected for the number of steps made, not of batches seen."""
        dtype = var.dtype.base_dtype
        rate = decayed_rate(self, dtype)
        beta_1, beta_2 = hyperparameter(self, "beta_1", dtype), hyperparameter(self, "beta_2", dtype)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_t = backend.update(m, beta_1 * m + (1 - beta_1) * grad)
        v_t = backend.update(v, beta_2 * v + (1 - beta_2) * tf.square(grad))
        with tf.control_dependencies([m_t, v_t]):
            if self.bias_correction:
                step = tf.cast(self.steps_made() + 1, dtype)
                m_t, v_t = m_t / (1 - beta_1**step), v_t / (1 - beta_2**step)
            return backend.update(var, var - rate * m_t / (tf.sqrt(v_t) + self.epsilon))

    return _resource_apply_dense


def _adafactor_rate(self: Any) -> Any:
    if self._learning_rate is None:
        rate = tf.minimum(tf.rsqrt(_steps(self)), 0.01)
        return rate if self.multiply_by_parameter_scale else rate * 0.05
    if "_rate_variable" not in vars(self):
        with tf.init_scope():
            self._rate_variable = tf.keras.backend.variable(self._learning_rate, name="AdaFactor/learning_rate")
    return self._rate_variable


def _adafactor_beta2(self: Any) -> Any:
    return 1 - _steps(self) ** -0.8 if self._beta2 is None else self._beta2


def _steps(optimizer: Any) -> Any:
    return tf.cast(optimizer.steps_made() + 1, tf.keras.backend.floatx())


def _refusing_kernels(extend: Callable[..., Any], name: str, keras: Any, adam: Any) -> Callable[..., Any]:
    """`extend`, but Keras' Adam is taken for bert4keras', and other optimizers of Keras are refused.

    These make their step in one operation of TensorFlow's, which the extension would not change.
    """

    def extended(base: Any, new_name: str | None = None, **kwargs: Any) -> Any:
        base = adam if base is keras.optimizers.Adam else base
        owner = next(each for each in base.__mro__ if "_resource_apply_dense" in vars(each))
        if owner.__module__.startswith(OWN_MODULES):
            raise Unsupported(f"bert4keras.optimizers.{name}({base.__name__})")
        return extend(base, kwargs.get("name", new_name))

    return extended


def _of_tf_keras(extend: Callable[..., Any], taken_for: dict[Any, Any]) -> Callable[..., Any]:
    """`extend`, which needs the optimizers of tf.keras, also for those that `keras.optimizers` has by these names."""

    def extended(base: Any, *args: Any, **kwargs: Any) -> Any:
        base = second(base)
        return extend(taken_for.get(base, base), *args, **kwargs)

    return extended


def _adam_of_files(adam: Any, of_keras: Any) -> Any:
    class Adam(of_keras):
        """Whichever Adam a saved configuration is of."""

        @classmethod
        def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
            return (adam if "bias_correction" in config else of_keras).from_config(config, custom_objects)

    return Adam
