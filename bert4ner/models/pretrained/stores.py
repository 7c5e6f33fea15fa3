"""Files of weights behind one interface: the names and shapes of the variables in them, and any of them as an array."""

import io
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.backend.tensors import array_of, empty_array
from bert4ner.data.failures import reading, temporary_named
from bert4ner.errors import CheckpointError
from bert4ner.schema import Name, more_keys
from bert4ner.schema.tensors import read_header
from bert4ner.text.bounded import PRETRAINED

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
_NODE = re.compile(r"^\{\{[^{}]*\}\} ")
_BLOCK = 2**20  # numbers
_LONGEST_NAME = 64  # in messages
_LONGEST_INDEX = 10_000_000  # bytes: of 80,000 variables


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
        for each in _files(prefix):  # TensorFlow would wait for a pipe
            PRETRAINED.check_present(each)
        self._links = _linked(prefix) if set(prefix) & set("[]{}*?\\") else None
        self._readable = prefix if self._links is None else str(Path(self._links.name) / "checkpoint")
        try:
            self._reader: Any = tf.train.load_checkpoint(self._readable)
        except (tf.errors.OpError, ValueError, IndexError) as error:
            raise CheckpointError(f"{prefix}: not a readable TensorFlow checkpoint: {first_line(error)}") from None
        self.shapes = {name: tuple(shape) for name, shape in self._reader.get_variable_to_shape_map().items()}

    def read(self, name: str) -> np.ndarray:
        """The variable of that name, float32; CheckpointError where the file is damaged."""
        try:
            if self._reader.get_variable_to_dtype_map()[name] != tf.float32:
                return as_float32(np.asarray(self._reader.get_tensor(name)))
            (tensor,) = tf.raw_ops.RestoreV2(
                prefix=self._readable, tensor_names=[name], shape_and_slices=[""], dtypes=[tf.float32]
            )
            return array_of(tensor)
        except (tf.errors.OpError, ValueError, IndexError) as error:
            raise CheckpointError(
                f"{self.where}: variable {name} cannot be read, the file is truncated or damaged ({first_line(error)})"
            ) from None


def _files(prefix: str) -> list[Path]:
    path = Path(prefix)
    starts = (f"{path.name}.index", f"{path.name}.data-")
    return [each for each in path.parent.iterdir() if each.name.startswith(starts)]


def _linked(prefix: str) -> "tempfile.TemporaryDirectory[str]":
    """A folder of links to a checkpoint's files, for TensorFlow takes brackets in a path for a pattern."""
    with temporary_named():
        folder = tempfile.TemporaryDirectory(prefix="bert4ner-")
    for each in _files(prefix):
        end = each.name.removeprefix(Path(prefix).name)
        (Path(folder.name) / f"checkpoint{end}").symlink_to(each.resolve())
    return folder


class SafetensorsStore(Store):
    """A .safetensors file, read by its own format: its library's numpy interface has no bfloat16."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self._header = read_header(path, PRETRAINED)
        self.shapes = self._header.shapes

    def read(self, name: str) -> np.ndarray:
        """The variable of that name, float32; CheckpointError where its type is not read."""
        entry = self._header.entries[name]
        if entry.dtype not in _SAFETENSORS:
            raise CheckpointError(f"{self.where}: variable {some([name])} has the unknown type {some([entry.dtype])}")
        kind = np.dtype(_SAFETENSORS[entry.dtype])
        try:
            with reading(self.where), open(self.where, "rb") as file:
                file.seek(self._header.start + entry.data_offsets[0])
                return read_array(file, entry.shape, kind, bfloat16=entry.dtype == "BF16")
        except (OSError, EOFError) as error:  # the file was changed since its header was read
            raise CheckpointError(
                f"{self.where}: variable {some([name])} cannot be read ({first_line(error)})"
            ) from None


class ShardedStore(Store):
    """Several stores as one, as an index file lists them."""

    def __init__(self, index: Path, stores: Iterable[Store]) -> None:
        self.where = str(index)
        self._stores = {name: store for store in stores for name in store.shapes}
        self.shapes = {name: store.shapes[name] for name, store in self._stores.items()}

    def read(self, name: str) -> np.ndarray:
        """The variable of that name, from the file that has it."""
        return self._stores[name].read(name)


@dataclass(frozen=True)
class _Index:
    """The content of a *.index.json."""

    weight_map: Mapping[str, Name]
    """Variable -> the name of its file."""
    others: Mapping[str, Any] = more_keys()


def read_index(path: Path) -> list[Path]:
    """The files that a *.index.json of shards names, in order, all of them beside it.

    Raises:
        CheckpointError: no such index, or a file is missing or elsewhere.
    """
    files = sorted(set(replace(PRETRAINED, largest=_LONGEST_INDEX).read(path, _Index).weight_map.values()))
    beside = {each.name for each in path.parent.iterdir() if each.is_file()}
    for name in files:
        if name not in beside or not name.endswith((".safetensors", ".bin")):
            wrong = "is no file of weights" if name in beside else "is not beside it"
            raise CheckpointError(f"{path}: names the file {some([name])}, which {wrong}; copy the whole checkpoint")
    return [path.parent / name for name in files]


def read_array(
    file: io.BufferedIOBase, shape: tuple[int, ...], kind: np.dtype, *, bfloat16: bool = False
) -> np.ndarray:
    """An array from where a file is, held once; floating-point numbers of 16 bits become float32.

    Args:
        file: opened for reading.
        shape: of the array.
        kind: of its numbers in the file.
        bfloat16: whether numbers of the kind uint16 are bit patterns of bfloat16.

    Raises:
        EOFError: it ends too early.
    """
    widened = bfloat16 or kind.str == "<f2"
    array = empty_array(shape, np.dtype("<f4") if widened else kind)
    numbers, block = array.reshape(-1), np.empty(_BLOCK if widened else 0, kind)
    for place in range(0, numbers.size, _BLOCK):
        part = numbers[place : place + _BLOCK]
        into = block[: part.size] if widened else part
        held = file.readinto(into.view(np.uint8).data)
        if held != into.nbytes:
            raise EOFError(f"{held} bytes where {into.nbytes} are expected, truncated")
        if widened:
            part[:] = from_bfloat16(into) if bfloat16 else into
    return array


def from_bfloat16(array: np.ndarray) -> np.ndarray:
    """Bit patterns of bfloat16 (uint16) as float32."""
    return (array.astype(np.uint32) << 16).view(np.float32)


def as_float32(array: np.ndarray) -> np.ndarray:
    """Floating-point numbers of 16 bits as float32; anything else as it is."""
    return array.astype(np.float32) if array.dtype.itemsize == 2 and array.dtype.kind not in "iub" else array


def first_line(error: Exception) -> str:
    """What an error says first, of bounded length, or its kind; without TensorFlow's name of a node before it."""
    said = _NODE.sub("", str(error).strip())
    return said.splitlines()[0][:200] if said else type(error).__name__


def some(names: Sequence[str], most: int = 4) -> str:
    """The first few names, each of bounded length, and how many more there are."""
    shown = ", ".join(map(_plain, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _plain(name: str) -> str:
    """A name as it is if it is short and has nothing that controls a terminal."""
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
    return short if short.isprintable() else repr(short)[:_LONGEST_NAME]
