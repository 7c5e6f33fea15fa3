"""The one door for what bert4ner switches in a process as a whole, the import of TensorFlow (`activate`) aside.

What is set here stays set; what a context manager sets is undone at its end, and that is all
that functions which build things may use. The policy of mixed precision, `models.precision.policy`, is such a one.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import EnvironmentProblem

_process: int | None = None  # that in which TensorFlow's threads are


def prepare_process(*, seed: int | None = None, repeatable: bool = False) -> None:
    """Set for the rest of this process what bert4ner's numbers depend on. Those who build, load or train call it.

    Float32 products are made in float32 on a GPU, too. TensorFlow would make them in TF32 (10 bits of fraction), in
    which a score depends by some 1e-3 on what shares its batch; what shall be fast on a GPU computes in bfloat16.

    Args:
        seed: of Python's, NumPy's and TensorFlow's global random numbers; None leaves them as they are.
        repeatable: have a GPU give the same numbers every time. A CPU does so anyway, up to twice as fast as when asked
            to, and is not asked.

    Raises:
        EnvironmentProblem: see `check_process`.
    """
    global _process
    check_process()
    _process = os.getpid()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if repeatable and tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()
    if seed is not None:
        keras.utils.set_random_seed(seed)


def check_process() -> None:
    """Refuse a process that was forked from one with a network: TensorFlow's threads stayed there, calls would hang.

    Raises:
        EnvironmentProblem: as said, and what to do.
    """
    if _process not in (None, os.getpid()):
        raise EnvironmentProblem(
            "this process was forked from one that had loaded a model, where TensorFlow's threads stayed: it would "
            "wait for them for ever. Load the model in each process, after the fork (gunicorn without --preload, or in "
            "post_fork; Pool(initializer=...)), and none before it; or start processes by 'spawn'"
        )


@contextmanager
def only_errors(logger_name: str) -> Iterator[None]:
    """While open, another library's logger shows errors only."""
    logger = logging.getLogger(logger_name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
