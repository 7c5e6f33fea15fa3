"""Steps multiplied by a factor that depends on the weight's name."""

import re
from typing import Any

import numpy as np

from bert4ner.backend.first import tf
from bert4ner.legacy.extensions.dense import dense


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
            return self._resource_apply_dense(dense(grad, var, indices), var)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "paramwise_lr_schedule": self.paramwise_lr_schedule}

    return NewOptimizer


def _names(part: str, name: str) -> bool:
    """Whether `part` is in a weight's name, a number at either end of it whole."""
    start = r"(?<!\d)" if part[:1].isdigit() else ""
    end = r"(?!\d)" if part[-1:].isdigit() else ""
    return re.search(start + re.escape(part) + end, name) is not None
