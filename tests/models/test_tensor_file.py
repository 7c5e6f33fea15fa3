"""Files of tensors: the same bytes as the package safetensors writes."""

import io
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, load_file, save

from bert4ner.models.tensor_file import Arrays, write_tensors

METADATA = {"history": '[{"f1": 0.5, "标": "\u2028\x7f/"}]'}


def written(arrays, **options) -> bytes:
    file = io.BytesIO()
    write_tensors(file, arrays, **options)
    return file.getvalue()


@pytest.mark.parametrize("metadata", [None, METADATA])
def test_the_bytes_are_those_of_safetensors(rng, metadata):
    kinds = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")
    arrays = {f"layer/{n}.{kind}": (9 * rng.normal(size=(3, n + 1))).astype(kind) for n, kind in enumerate(kinds)}
    arrays |= {"scalar": np.array(7), "empty": np.zeros((0, 4), "f4"), 'a"\\\n模': np.ones(1, "f4")}
    assert written(arrays, metadata=metadata) == save(arrays, metadata=metadata)
    assert written({}) == save({})


def test_arrays_of_any_order_are_written_as_they_read(rng):
    values = rng.normal(size=(4, 6)).astype("f4")
    arrays = {"turned": values.T, "part": values[::2, 1:], "big": values.astype(">f4")}
    found = load(written(arrays))
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())


class Variable:
    """One that counts how many of its kind are arrays at a time."""

    alive = most = 0

    def __init__(self, value: float) -> None:
        self.value = value

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        made = np.full(5, self.value, "f4").view(Counted)
        Variable.alive += 1
        Variable.most = max(Variable.most, Variable.alive)
        return made


class Counted(np.ndarray):
    """An array that tells when it is gone."""

    def __del__(self) -> None:
        if self.base is None or not isinstance(self.base, Counted):
            Variable.alive -= 1


def test_variables_become_arrays_one_at_a_time(tmp_path: Path):
    path = tmp_path / "weights"
    with path.open("wb") as file:
        write_tensors(file, Arrays({str(n): Variable(n) for n in range(20)}))
    assert Variable.most <= 2
    assert {name: array[0] for name, array in load_file(path).items()} == {str(n): n for n in range(20)}
