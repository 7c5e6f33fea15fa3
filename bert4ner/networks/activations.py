"""Activations of published encoders, by their names in configurations."""

from collections.abc import Callable
from typing import Any

from bert4ner.backend.frameworks import tf


def quick_gelu(states: Any) -> Any:
    """GELU approximated by a sigmoid, as in OpenAI's CLIP."""
    return states * tf.sigmoid(1.702 * states)


def gelu_10(states: Any) -> Any:
    """GELU, clipped to [-10, 10]."""
    return tf.clip_by_value(tf.nn.gelu(states, approximate=False), -10, 10)


def mish(states: Any) -> Any:
    """Misra 2019, Mish: A Self Regularized Non-Monotonic Activation Function."""
    return states * tf.tanh(tf.math.softplus(states))


def squared_relu(states: Any) -> Any:
    """So et al. 2021, Primer."""
    return tf.square(tf.nn.relu(states))


def leaky_relu(states: Any) -> Any:
    """With PyTorch's slope below 0 (0.01); TensorFlow's default is 20 times as steep."""
    return tf.nn.leaky_relu(states, alpha=0.01)


ACTIVATIONS: dict[str, str | Callable[[Any], Any]] = {
    "gelu": "gelu_erf",
    "gelu_python": "gelu_erf",
    "gelu_erf": "gelu_erf",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python_tanh": "gelu_tanh",
    "gelu_accurate": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_tanh": "gelu_tanh",
    "gelu_10": gelu_10,
    "quick_gelu": quick_gelu,
    "silu": "swish",
    "swish": "swish",
    "mish": mish,
    "relu": "relu",
    "relu2": squared_relu,
    "relu6": tf.nn.relu6,
    "leaky_relu": leaky_relu,
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "linear": "linear",
}
"""The activations, by their names in configurations of transformers and of bert4keras."""
