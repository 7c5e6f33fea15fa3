"""Arrays in the memory of tensors: variables take them without a copy, and anything else with one."""

import gc
from pathlib import Path

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.backend.tensors import array_of, empty_array, tensor_of
from tests.models.pretrained.hostile import memory

LARGE = (1024, 512)


def place(tensor):
    return np.asarray(memoryview(tensor)).ctypes.data


def counted(shape=LARGE, kind="float32"):
    array = empty_array(shape, np.dtype(kind))
    array[...] = np.arange(array.size).reshape(shape) % 100
    return array


@pytest.mark.parametrize("kind", ["float32", "float64", "int64", "uint8"])
def test_a_large_array_becomes_a_tensor_where_it_is(kind):
    array = counted((2048, 512), kind)
    tensor = tensor_of(array.reshape(-1, 4))
    assert place(tensor) == array.ctypes.data and tensor.shape == (array.size // 4, 4) and tensor.dtype == kind
    assert place(tensor_of(array_of(tensor))) == array.ctypes.data
    expected = array.copy()
    del array
    gc.collect()
    assert np.array_equal(tensor.numpy().reshape(expected.shape), expected)


@pytest.mark.parametrize(
    "part",
    [
        lambda array: array.T,
        lambda array: array[512:],
        lambda array: array[:, ::2],
        lambda array: array.view("int32"),
        lambda array: array[:2],
        lambda array: array > 3,
        lambda array: np.broadcast_to(array[:1], array.shape),
        lambda array: array.copy(),
    ],
)
def test_any_other_array_is_copied(part):
    array = counted()
    tensor = tensor_of(part(array))
    assert np.array_equal(tensor.numpy(), part(array)) and place(tensor) != part(array).ctypes.data


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3)])
def test_a_small_array_is_one_as_usual(shape):
    array = counted(shape)
    assert np.array_equal(tensor_of(array).numpy(), array) and np.array_equal(array_of(tensor_of(array)), array)


def test_a_variable_neither_copies_what_it_is_given_nor_changes_it():
    array = counted((16_384, 1024))  # 64 MiB
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = memory("VmRSS")
    variable = tf.Variable(tensor_of(array))
    first = array[:3].copy()
    del array
    gc.collect()
    assert np.array_equal(tf.nn.embedding_lookup(variable, [0, 1, 2]).numpy(), first)
    assert memory("VmHWM") - before < 32
    kept = counted()
    variable = tf.Variable(tensor_of(kept))
    variable.assign_add(tf.ones(kept.shape))
    assert np.array_equal(variable.numpy(), kept + 1) and kept[0, 1] == 1
