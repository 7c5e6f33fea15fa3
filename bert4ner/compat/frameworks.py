"""TensorFlow, tf-keras and the parts of bert4keras that the library uses, activated: import them from here only."""

from bert4ner.compat.activation import activate

activate()

import tensorflow as tf  # noqa: E402  (after activate, which prepares the process for it)
import tf_keras as keras  # noqa: E402
from bert4keras.models import build_transformer_model  # noqa: E402
from bert4keras.snippets import AutoRegressiveDecoder  # noqa: E402

from bert4ner.compat.encoders import ACTIVATIONS, EPSILON  # noqa: E402
from bert4ner.compat.fast_layers import ByteDropout  # noqa: E402
from bert4ner.compat.networks import build_transformer  # noqa: E402

__all__ = [
    "ACTIVATIONS",
    "EPSILON",
    "AutoRegressiveDecoder",
    "ByteDropout",
    "build_transformer",
    "build_transformer_model",
    "keras",
    "tf",
]
