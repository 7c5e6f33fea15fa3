"""Weights that go back, every few steps, to a slow average of where they were."""

from typing import Any

from bert4ner.backend.first import tf
from bert4ner.legacy.extensions.dense import dense


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
            return _look_ahead(self, super()._resource_apply_dense, grad, var)

        def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
            return self._resource_apply_dense(dense(grad, var, indices), var)

        def get_config(self) -> dict[str, Any]:
            own = {"steps_per_slow_update": self.steps_per_slow_update, "slow_step_size": self.slow_step_size}
            return {**super().get_config(), **own}

    return NewOptimizer


def _look_ahead(optimizer: Any, apply: Any, grad: Any, var: Any) -> Any:
    """`apply` a gradient, and go back to the slow average where it is time to."""
    slow, steps = optimizer.get_slot(var, "slow_var"), optimizer.get_slot(var, "slow_steps")
    before = tf.cond(tf.equal(steps, 0), lambda: tf.identity(var), lambda: tf.identity(slow))
    with tf.control_dependencies([before]):
        op = apply(grad, var)
    with tf.control_dependencies([op]):
        count = steps.assign_add(1)
        fast = tf.identity(var)
    due = tf.equal(tf.identity(count) % optimizer.steps_per_slow_update, 0)
    after = tf.cond(due, lambda: before + optimizer.slow_step_size * (fast - before), lambda: tf.identity(before))
    with tf.control_dependencies([slow.assign(after)]):
        return var.assign(tf.cond(due, lambda: tf.identity(after), lambda: tf.identity(fast)))
