"""TensorFlow under the names of TensorFlow 1; import it only in a process that was activated for legacy scripts."""

import tensorflow.compat.v1 as tf
from tf_keras.src.engine import base_layer_utils

__all__ = ["base_layer_utils", "tf"]
