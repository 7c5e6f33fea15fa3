"""bert4keras' `extend_with_…` that were wrong, written anew: the same names, arguments and methods.

All of them count their own steps, weight by weight, so that they may be put around each other in any order.
"""

import re
from typing import Any

import numpy as np

from bert4ner.backend.first import tf


def _dense(grad: Any, var: Any, indices: Any) -> Any:
    """A gradient of some rows as one of all."""
    return tf.convert_to_tensor(tf.IndexedSlices(grad, indices, tf.shape(var)))


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
            accumulated = self.get_slot(var, "ag")
            apply = super()._resource_apply_dense
            total = accumulated + grad

            def step() -> Any:
                with tf.control_dependencies([apply(total / self.grad_accum_steps, var)]):
                    return tf.identity(accumulated.assign(tf.zeros_like(total)))

            def wait() -> Any:
                return tf.identity(accumulated.assign(total))

            return tf.cond(tf.equal((self.iterations + 1) % self.grad_accum_steps, 0), step, wait)

        def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
            return self._resource_apply_dense(_dense(grad, var, indices), var)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "grad_accum_steps": self.grad_accum_steps}

    return NewOptimizer


def extend_with_lookahead(base: Any) -> Any:
    """An optimizer whose weights go back, every `steps_per_slow_update` steps, to a slow average of where they were.

    bert4keras' own slow weights started at 0, and it went back to them after the first step: all weights were halved.

    References:
        Zhang et al. 2019, Lookahead Optimizer: k steps forward, 1 step back.
    """

    class NewOptimizer(base):
        def __init__(self, *args: Any, steps_per_slow_update: int = 5, slow_step_size: float = 0.5, **kwargs: Any):
            self.steps_per_slow_update, self.slow_step_size = steps_per_slow_update, slow_step_size
            super().__init__(*args, **kwargs)

        def _create_slots(self, var_list: Any) -> None:
            super()._create_slots(var_list)
            for var in var_list:
                self.add_slot(var, "slow_var")
                self.add_slot(var, "slow_steps", shape=[])

        def _resource_apply_dense(self, grad: Any, var: Any) -> Any:
            slow, steps = self.get_slot(var, "slow_var"), self.get_slot(var, "slow_steps")
            before = tf.cond(tf.equal(steps, 0), lambda: tf.identity(var), lambda: tf.identity(slow))
            with tf.control_dependencies([before]):
                op = super()._resource_apply_dense(grad, var)
            with tf.control_dependencies([op]):
                count = steps.assign_add(1)
                fast = tf.identity(var)
            due = tf.equal(tf.identity(count) % self.steps_per_slow_update, 0)
            after = tf.cond(due, lambda: before + self.slow_step_size * (fast - before), lambda: tf.identity(before))
            with tf.control_dependencies([slow.assign(after)]):
                return var.assign(tf.cond(due, lambda: tf.identity(after), lambda: tf.identity(fast)))

        def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
            return self._resource_apply_dense(_dense(grad, var, indices), var)

        def get_config(self) -> dict[str, Any]:
            own = {"steps_per_slow_update": self.steps_per_slow_update, "slow_step_size": self.slow_step_size}
            return {**super().get_config(), **own}

    return NewOptimizer


def extend_with_exponential_moving_average(base: Any) -> Any:
    """An optimizer that keeps a moving average of the weights, to be put in their place and taken out again.

    bert4keras' own averaged embeddings twice a step, as their gradients have rows only, and corrected for once: after
    50 steps with momentum 0.99 they were 1.605 times too large. Before the first step it divided by 0.
    """

    class NewOptimizer(base):
        def __init__(self, *args: Any, ema_momentum: float = 0.999, **kwargs: Any):
            self.ema_momentum = ema_momentum
            super().__init__(*args, **kwargs)

        def _create_slots(self, var_list: Any) -> None:
            super()._create_slots(var_list)
            self.model_weights = list(var_list)
            self.ema_weights = [self.add_slot(var, "ema") for var in var_list]
            self.ema_steps = [self.add_slot(var, "ema_steps", shape=[]) for var in var_list]

        def _resource_apply_dense(self, grad: Any, var: Any) -> Any:
            op = super()._resource_apply_dense(grad, var)
            average, steps = self.get_slot(var, "ema"), self.get_slot(var, "ema_steps")
            with tf.control_dependencies([op]):
                count = steps.assign_add(1)
                update = average.assign(average * self.ema_momentum + var * (1 - self.ema_momentum))
            return tf.group(count, update)

        def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
            return self._resource_apply_dense(_dense(grad, var, indices), var)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "ema_momentum": self.ema_momentum}

        def apply_ema_weights(self, bias_correction: bool = True) -> None:
            """Keep the weights aside and give the model their average; a weight without a step keeps its value."""
            backend = tf.keras.backend
            self.old_weights = backend.batch_get_value(self.model_weights)
            averages, steps = backend.batch_get_value(self.ema_weights), backend.batch_get_value(self.ema_steps)
            values = []
            for old, average, count in zip(self.old_weights, averages, steps, strict=True):
                share = 1 - np.power(self.ema_momentum, count) if bias_correction else 1
                values.append(average / share if count else old)
            backend.batch_set_value(list(zip(self.model_weights, values, strict=True)))

        def reset_old_weights(self) -> None:
            """Give the model its own weights back."""
            tf.keras.backend.batch_set_value(list(zip(self.model_weights, self.old_weights, strict=True)))

    return NewOptimizer


def extend_with_parameter_wise_lr(base: Any) -> Any:
    """An optimizer that multiplies the steps of weights by `paramwise_lr_schedule`, {part of a weight's name: factor}.

    bert4keras' own took any part: what was meant for Transformer-1 met Transformer-10 and Transformer-11, too. Here a
    number in a name ends where the name's own number ends.
    """

    class NewOptimizer(base):
        def __init__(self, *args: Any, paramwise_lr_schedule: Any = None, **kwargs: Any):
            self.paramwise_lr_schedule = dict(paramwise_lr_schedule or {})
            super().__init__(*args, **kwargs)

        def _resource_apply_dense(self, grad: Any, var: Any) -> Any:
            factor = float(
                np.prod([value for part, value in self.paramwise_lr_schedule.items() if _names(part, var.name)])
            )
            if factor == 1:
                return super()._resource_apply_dense(grad, var)
            before = tf.identity(var)
            with tf.control_dependencies([before]):
                op = super()._resource_apply_dense(grad, var)
            with tf.control_dependencies([op]):
                return var.assign(before + (var - before) * factor)

        def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
            return self._resource_apply_dense(_dense(grad, var, indices), var)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "paramwise_lr_schedule": self.paramwise_lr_schedule}

    return NewOptimizer


def _names(part: str, name: str) -> bool:
    """Whether `part` is in a weight's name, a number at either end of it whole."""
    start = r"(?<!\d)" if part[:1].isdigit() else ""
    end = r"(?!\d)" if part[-1:].isdigit() else ""
    return re.search(start + re.escape(part) + end, name) is not None
