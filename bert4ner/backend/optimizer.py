"""An optimizer of Keras to be completed by a subclass, which then needs nothing that Keras keeps to itself."""

from typing import Any

from bert4ner.backend.frameworks import keras, tf


class SlotOptimizer(keras.optimizers.Optimizer):
    """An optimizer that remembers some arrays, its slots, of each variable. A subclass has `update_step`.

    Args:
        learning_rate: rate or schedule.
        name: by default that of the class.
        global_clipnorm: largest norm of all gradients together; None leaves them alone.
    """

    slots: tuple[str, ...] = ()
    """Names of what is remembered of each variable, all 0 at first."""

    def __init__(
        self, learning_rate: Any, *, name: str | None = None, global_clipnorm: float | None = None, **kwargs: Any
    ) -> None:
        kwargs.pop("jit_compile", None)  # XLA is slower than oneDNN on a CPU
        super().__init__(name=name or type(self).__name__, global_clipnorm=global_clipnorm, jit_compile=False, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)

    def build(self, var_list: Any) -> None:
        """Creates the slots of all variables, once; Keras calls it before the first update."""
        super().build(var_list)
        if getattr(self, "_built", False):
            return
        self._built = True
        self._remembered = [
            tuple(self.add_variable_from_reference(variable, name) for name in self.slots) for variable in var_list
        ]

    def slots_of(self, variable: Any) -> tuple[Any, ...]:
        """What is remembered of a variable, in the order of `slots`."""
        found: tuple[Any, ...] = self._remembered[self._index_dict[self._var_key(variable)]]
        return found

    def _clip_gradients(self, grads: Any) -> Any:
        # An embedding's gradient lists a token as often as it occurs: the norm is that of their sum. Its rows that no
        # token of the batch has move as well, by momentum and decay, so that a whole matrix serves them best.
        return super()._clip_gradients([tf.convert_to_tensor(gradient) for gradient in grads])

    def get_config(self) -> dict[str, Any]:
        """The arguments by which Keras makes the optimizer again, the learning rate or its schedule among them."""
        config = super().get_config()
        del config["jit_compile"]
        return {**config, "learning_rate": self._serialize_hyperparameter(self._learning_rate)}


def loss_scaling_state(optimizer: Any) -> list[Any]:
    """The variables of dynamic loss scaling around an optimizer; none if there is none."""
    if not isinstance(optimizer, keras.mixed_precision.LossScaleOptimizer):
        return []
    return [optimizer._loss_scale.current_loss_scale, optimizer.dynamic_counter]
