"""Large arrays in the memory of tensors, so that a variable takes them without a copy.

TensorFlow copies an array twice: once as it is, once to where its processor instructions want it. Memory that was lent
to it, instead of its own, it copies before rows are looked up in it or it is changed.
"""

import ctypes
import math
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf

_SMALL = 2**20  # bytes


def empty_array(shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
    """An array without values, if it is large in the memory of a tensor."""
    if math.prod(shape) * kind.itemsize < _SMALL:
        return np.empty(shape, kind)
    with tf.device("CPU"):
        tensor = tf.raw_ops.Empty(shape=shape, dtype=kind, init=False)
    return array_of(tensor)


def array_of(tensor: Any) -> np.ndarray:
    """A tensor's numbers as an array in the same memory, which may be filled while nothing else has the tensor."""
    seen: np.ndarray = np.asarray(memoryview(tensor))
    if seen.nbytes < _SMALL:
        return np.array(seen)
    memory: Any = (ctypes.c_char * seen.nbytes).from_address(seen.ctypes.data)
    memory.tensor = tensor  # kept as long as the array is
    array: np.ndarray = np.frombuffer(memory, seen.dtype)
    return array.reshape(seen.shape)


def tensor_of(array: np.ndarray) -> Any:
    """An array as a tensor: in the same memory if it is a large one of `array_of`, else with a copy of its own.

    Nobody may change the array afterwards.
    """
    if array.nbytes < _SMALL or array.dtype.kind not in "fiu":
        return tf.constant(array)
    tensor = _tensor_below(array)
    if tensor is None:
        owned = empty_array(array.shape, array.dtype)
        owned[...] = array
        tensor = _tensor_below(owned)
    return tensor


def _tensor_below(array: np.ndarray) -> Any:
    """The tensor in whose memory an array is, if it is the whole of it and of its type; None for any other array."""
    whole = array.base if isinstance(array.base, np.ndarray) else array
    tensor = getattr(getattr(whole.base, "obj", whole.base), "tensor", None)
    if tensor is None or array.nbytes != whole.nbytes or not array.flags.c_contiguous or array.dtype != whole.dtype:
        return None
    return tf.reshape(tensor, array.shape)
