"""All process-wide settings of bert4ner, except the import of TensorFlow (`activate`).

What a function sets here stays set; what a context manager sets is undone at its end. Functions that build things may
use context managers only. One more of these is `models.precision.policy`, the policy of mixed precision.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bert4ner.backend.forks import check_process
from bert4ner.backend.frameworks import keras, tf


def prepare_process(*, seed: int | None = None, repeatable: bool = False) -> None:
    """Set what bert4ner's results depend on, for the rest of this process; called before building, loading or training.

    Float32 products are computed in float32 on a GPU, too. TensorFlow would use TF32 (10 bits of fraction), in which a
    score changes by about 1e-3 with the other texts in its batch. For speed on a GPU there is bfloat16.

    Args:
        seed: for the global random numbers of Python, NumPy and TensorFlow; None leaves them as they are.
        repeatable: make a GPU give the same results every time. A CPU does so without the switch, which would slow it
            down up to twofold and is therefore not set there.

    Raises:
        EnvironmentProblem: see `check_process`.
    """
    check_process()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if repeatable and tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()
    if seed is not None:
        keras.utils.set_random_seed(seed)


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
