"""Turns a process into one for scripts of TensorFlow 1."""

import os
from typing import Any

from bert4ner.compat.legacy import names


def switch_on(tf: Any) -> None:
    """Leave eager execution for graphs, for good, and give the names of TensorFlow 1 and Keras 2 their meaning.

    Args:
        tf: TensorFlow, just imported.
    """
    tf.compat.v1.disable_eager_execution()
    tf.compat.v1.disable_control_flow_v2()  # else loops that ran cannot be differentiated later
    tf.compat.v1.disable_v2_tensorshape()  # shape[1].value, as scripts write it
    os.environ["TF_KERAS"] = "1"
    names.install()
