"""Steps with the mean gradient of several batches."""

from typing import Any

from bert4ner.backend.first import tf
from bert4ner.legacy.extensions.dense import dense


def extend_with_gradient_accumulation(base: Any) -> Any:
    """An optimizer that makes one step of `base` with the mean gradient of every `grad_accum_steps` batches.

    bert4keras' own made its first step one batch late, and Adam corrected for the number of batches instead of that of
    its steps: its first step was 0.0545 of the learning rate 0.1 with 4 batches. A schedule of learning rates still
    counts batches, as bert4keras' published scripts multiply theirs by `grad_accum_steps`.
    """

    class NewOptimizer(base):
        def __init__(self, *args: Any, grad_accum_steps: int = 2, **kwargs: Any):
            self.grad_accum_steps = grad_accum_steps
            super().__init__(*args, **kwargs)

        def steps_made(self) -> Any:
            return self.iterations // self.grad_accum_steps

        def _create_slots(self, var_list: Any) -> None:
            super()._create_slots(var_list)
            for var in var_list:
                self.add_slot(var, "ag")

        def _resource_apply_dense(self, grad: Any, var: Any) -> Any:
            return _accumulate(self, super()._resource_apply_dense, grad, var)

        def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
            return self._resource_apply_dense(dense(grad, var, indices), var)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "grad_accum_steps": self.grad_accum_steps}

    return NewOptimizer


def _accumulate(optimizer: Any, apply: Any, grad: Any, var: Any) -> Any:
    """Add a gradient to those of the batches before, or `apply` the mean of all and begin anew."""
    accumulated = optimizer.get_slot(var, "ag")
    total = accumulated + grad

    def step() -> Any:
        with tf.control_dependencies([apply(total / optimizer.grad_accum_steps, var)]):
            return tf.identity(accumulated.assign(tf.zeros_like(total)))

    def wait() -> Any:
        return tf.identity(accumulated.assign(total))

    return tf.cond(tf.equal((optimizer.iterations + 1) % optimizer.grad_accum_steps, 0), step, wait)
