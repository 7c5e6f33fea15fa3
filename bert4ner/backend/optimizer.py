"""A base for optimizers, so that subclasses need nothing that Keras keeps private."""

from typing import Any

from bert4ner.backend.frameworks import keras, tf


class SlotOptimizer(keras.optimizers.Optimizer):
    """An optimizer that keeps some arrays, its slots, for each variable. A subclass defines `update_step`.

    Args:
        learning_rate: rate or schedule.
        name: by default the name of the class.
        global_clipnorm: largest norm of all gradients together; None does not clip.
    """

    slots: tuple[str, ...] = ()
    """Names of the slots of each variable; all start at 0."""

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
        """The slots of a variable, in the order of `slots`."""
        found: tuple[Any, ...] = self._remembered[self._index_dict[self._var_key(variable)]]
        return found

    def _clip_gradients(self, grads: Any) -> Any:
        # An embedding's sparse gradient may list a token's row more than once; the norm is that of the summed rows.
        # Rows of absent tokens move too, by momentum and weight decay, so a dense gradient serves best.
        return super()._clip_gradients([tf.convert_to_tensor(gradient) for gradient in grads])

    def get_config(self) -> dict[str, Any]:
        """The arguments from which Keras builds the optimizer again, with the learning rate or its schedule."""
        config = super().get_config()
        del config["jit_compile"]
        return {**config, "learning_rate": self._serialize_hyperparameter(self._learning_rate)}


def loss_scaling_state(optimizer: Any) -> list[Any]:
    """The variables of an optimizer's dynamic loss scaling; empty without loss scaling."""
    if not isinstance(optimizer, keras.mixed_precision.LossScaleOptimizer):
        return []
    return [optimizer._loss_scale.current_loss_scale, optimizer.dynamic_counter]
