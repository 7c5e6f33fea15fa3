"""Files of weights behind one interface: the names and shapes of the variables in them, and any of them as an array."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.errors import CheckpointError

_SAFETENSORS = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
    "BF16": "<u2",
}
_LONGEST_HEADER = 100_000_000  # the format's own limit


class Store(ABC):
    """Variables in one or several files.

    Attributes:
        where: the file or prefix, for messages.
        shapes: name -> shape of every variable.
    """

    where: str
    shapes: dict[str, tuple[int, ...]]

    @abstractmethod
    def read(self, name: str) -> np.ndarray:
        """One variable; 16-bit floating-point numbers come as float32.

        Raises:
            CheckpointError: the data ends too early or is damaged.
        """


class TensorFlowStore(Store):
    """A TensorFlow checkpoint of `prefix`.index and `prefix`.data-*."""

    def __init__(self, prefix: str) -> None:
        self.where = prefix
        try:
            self._reader: Any = tf.train.load_checkpoint(prefix)
        except (tf.errors.OpError, ValueError) as error:
            raise CheckpointError(f"{prefix}: not a readable TensorFlow checkpoint: {first_line(error)}") from None
        self.shapes = {name: tuple(shape) for name, shape in self._reader.get_variable_to_shape_map().items()}

    def read(self, name: str) -> np.ndarray:
        """The variable of that name, float32; CheckpointError where the file is damaged."""
        try:
            return as_float32(np.asarray(self._reader.get_tensor(name)))
        except (tf.errors.OpError, ValueError, IndexError) as error:
            raise CheckpointError(
                f"{self.where}: variable {name} cannot be read, the file is truncated or damaged ({first_line(error)})"
            ) from None


class SafetensorsStore(Store):
    """A .safetensors file, read by its own format: its library's numpy interface has no bfloat16."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        try:
            with path.open("rb") as file:
                size = int.from_bytes(file.read(8), "little")
                if not 2 <= size <= min(_LONGEST_HEADER, path.stat().st_size - 8):
                    raise ValueError("the header does not fit in the file")
                self._entries: dict[str, Any] = json.loads(file.read(size))
            self._entries.pop("__metadata__", None)
            self.shapes = {name: tuple(entry["shape"]) for name, entry in self._entries.items()}
            ends = [entry["data_offsets"][1] for entry in self._entries.values()]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise CheckpointError(f"{path}: not a readable safetensors file: {first_line(error)}") from None
        self._start, held = 8 + size, path.stat().st_size - 8 - size
        if held < max(ends, default=0):
            raise CheckpointError(f"{path}: truncated: {held} bytes of weights, expected {max(ends)}; copy it again")

    def read(self, name: str) -> np.ndarray:
        """The variable of that name, float32; CheckpointError where the file is damaged."""
        entry, shape = self._entries[name], self.shapes[name]
        if entry["dtype"] not in _SAFETENSORS:
            raise CheckpointError(f"{self.where}: variable {name} has the unknown type {entry['dtype']}")
        kind = np.dtype(_SAFETENSORS[entry["dtype"]])
        begin, end = entry["data_offsets"]
        count = int(np.prod(shape, dtype=np.int64))
        if begin < 0 or end - begin != count * kind.itemsize:
            raise CheckpointError(f"{self.where}: variable {name} has {end - begin} bytes for shape {shape}; damaged")
        array = np.fromfile(self.where, kind, count, offset=self._start + begin).reshape(shape)
        return from_bfloat16(array) if entry["dtype"] == "BF16" else as_float32(array)


class ShardedStore(Store):
    """Several stores as one, as an index file lists them."""

    def __init__(self, index: Path, stores: Iterable[Store]) -> None:
        self.where = str(index)
        self._stores = {name: store for store in stores for name in store.shapes}
        self.shapes = {name: store.shapes[name] for name, store in self._stores.items()}

    def read(self, name: str) -> np.ndarray:
        """The variable of that name, from the file that has it."""
        return self._stores[name].read(name)


def read_index(path: Path) -> list[Path]:
    """The files that a *.index.json of shards names, in order, all of them beside it.

    Raises:
        CheckpointError: no such index, or a file is missing or elsewhere.
    """
    try:
        files = sorted(set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: not a readable index of weight files: {first_line(error)}") from None
    for name in files:
        if Path(name).name != name or not (path.parent / name).is_file():
            raise CheckpointError(f"{path}: names the file {name}, which is not beside it; copy the whole checkpoint")
    return [path.parent / name for name in files]


def from_bfloat16(array: np.ndarray) -> np.ndarray:
    """Bit patterns of bfloat16 (uint16) as float32."""
    return (array.astype(np.uint32) << 16).view(np.float32)


def as_float32(array: np.ndarray) -> np.ndarray:
    """Floating-point numbers of 16 bits as float32; anything else as it is."""
    return array.astype(np.float32) if array.dtype.itemsize == 2 and array.dtype.kind not in "iub" else array


def first_line(error: Exception) -> str:
    """What an error says first, or its kind."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
