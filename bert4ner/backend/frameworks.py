"""TensorFlow and tf-keras, activated: import them from here only."""

from bert4ner.backend.activation import activate

activate()

import tensorflow as tf  # noqa: E402  (after activate, which prepares the process for it)
import tf_keras as keras  # noqa: E402

__all__ = ["keras", "tf"]
