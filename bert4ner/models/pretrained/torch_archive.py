"""PyTorch's files of weights (pytorch_model.bin), read without PyTorch and without running what is in them.

Such a file is a pickle, which may name any function of any package to be called on loading. The reader here knows the
few names of which files of plain tensors consist, and refuses the file at any other.
"""

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.stores import Store, as_float32, first_line, from_bfloat16

_MAGIC = 0x1950A86A20F9469CFC6C  # first pickle of files of before PyTorch 1.6
_PROTOCOL = 1001
_TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class _Storage:
    """A run of numbers that tensors are views of."""

    key: str
    type: str
    numbers: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage: first number, shape and strides, counted in numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Refused(Exception):
    """The pickle names something else than tensors are made of."""


def _checked(tensor: _Tensor) -> _Tensor:
    """The tensor, once it is a view within its storage: a pickle may set anything of what it builds to anything."""
    sizes = (tensor.offset, *tensor.shape, *tensor.strides)
    whole = all(type(size) is int and size >= 0 for size in sizes) and len(tensor.shape) == len(tensor.strides)
    if not whole or not isinstance(tensor.storage, _Storage):
        raise pickle.UnpicklingError("a tensor of impossible shape")
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((size - 1) * step for size, step in steps)
    if 0 not in tensor.shape and last >= tensor.storage.numbers:
        raise pickle.UnpicklingError("a tensor that reaches beyond its storage")
    return tensor


def _allowed(module: str, name: str) -> Any:
    """What stands for a name; functions are new ones each time, for a pickle may set their attributes, too."""
    if (module, name) == ("collections", "OrderedDict"):
        return OrderedDict
    if (module, name) == ("torch", "Size"):
        return tuple
    if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
        return lambda storage, offset, shape, strides, *rest: _Tensor(storage, offset, tuple(shape), tuple(strides))
    if (module, name) == ("torch._utils", "_rebuild_parameter"):
        return lambda data, *rest: data
    if module == "torch" and name in _TYPES:
        return _TYPES[name]
    raise _Refused(f"{module}.{name}")


class _Unpickler(pickle.Unpickler):
    """Builds tensors only."""

    def find_class(self, module: str, name: str) -> Any:
        return _allowed(module, name)

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage_type, key, _, numbers, *view = pid
        if kind not in ("storage", b"storage") or any(part is not None for part in view):
            raise pickle.UnpicklingError("an unknown kind of storage")
        if storage_type not in _TYPES.values() or type(numbers) is not int or numbers < 0:
            raise pickle.UnpicklingError("a storage of unknown type")
        return _Storage(str(key), storage_type, numbers)


class TorchStore(Store):
    """The tensors of a pytorch_model.bin, of PyTorch 0.4 to today.

    Raises:
        CheckpointError: it is truncated, no such file, or names something else than tensors.
    """

    def __init__(self, path: Path) -> None:
        self.where, self._path = str(path), path
        self._places: dict[str, int] = {}  # of storages in old files: first byte
        self._folder = ""  # of the entries of new files
        try:
            self._tensors = _named_tensors(self._new() if zipfile.is_zipfile(path) else self._old())
        except _Refused as refused:
            raise CheckpointError(
                f"{path}: refused: it asks for {refused}, which files of weights have no use for and which could run "
                "any code; take the model from a source you trust, as model.safetensors"
            ) from None
        except Exception as error:  # a damaged pickle raises nearly anything
            raise CheckpointError(
                f"{path}: truncated, damaged or no file of PyTorch weights ({first_line(error)})"
            ) from None
        if not self._tensors:
            raise CheckpointError(f"{path}: holds no weights by name; expected the state_dict of a model")
        self.shapes = {name: tensor.shape for name, tensor in self._tensors.items()}

    def _new(self) -> Any:
        with zipfile.ZipFile(self._path) as archive:
            (pickled,) = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
            self._folder = pickled.removesuffix("data.pkl")
            return _Unpickler(io.BytesIO(archive.read(pickled))).load()

    def _old(self) -> Any:
        with self._path.open("rb") as file:
            if _Unpickler(file).load() != _MAGIC or _Unpickler(file).load() != _PROTOCOL:
                raise pickle.UnpicklingError("not in a format that PyTorch writes")
            _Unpickler(file).load()  # sizes and byte order of the machine
            recorder = _Recorder(file)
            content = recorder.load()
            self._find_storages(file, _Unpickler(file).load(), recorder.storages)
        return content

    def _find_storages(self, file: IO[bytes], keys: list[str], storages: dict[str, _Storage]) -> None:
        size = self._path.stat().st_size
        for key in keys:
            storage = storages[key]
            if int.from_bytes(file.read(8), "little") != storage.numbers:
                raise pickle.UnpicklingError("a storage of another length")
            self._places[key] = file.tell()
            file.seek(storage.numbers * _numbers(storage.type).itemsize, io.SEEK_CUR)
            if file.tell() > size:
                raise EOFError("the data ends too early")

    def read(self, name: str) -> np.ndarray:
        """The variable of that name, float32; CheckpointError where the file is damaged."""
        tensor = self._tensors[name]
        kind = _numbers(tensor.storage.type)
        size = tensor.storage.numbers * kind.itemsize
        try:
            raw = self._bytes(tensor.storage.key, size)
        except Exception as error:  # of zipfile, zlib, the file system
            raise CheckpointError(f"{self.where}: variable {name} cannot be read ({first_line(error)})") from None
        if len(raw) != size:
            raise CheckpointError(f"{self.where}: variable {name} has {len(raw)} bytes, expected {size}; truncated")
        numbers = np.frombuffer(raw, kind)[tensor.offset :]
        strides = [stride * kind.itemsize for stride in tensor.strides]
        array = (
            np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides)
            if math.prod(tensor.shape)
            else (np.zeros(tensor.shape, kind))
        )
        array = np.ascontiguousarray(array).reshape(tensor.shape)
        return from_bfloat16(array) if tensor.storage.type == "bfloat16" else as_float32(array)

    def _bytes(self, key: str, size: int) -> bytes:
        if self._folder:
            with zipfile.ZipFile(self._path) as archive:
                return archive.read(f"{self._folder}data/{key}")
        with self._path.open("rb") as file:
            file.seek(self._places[key])
            return file.read(size)


class _Recorder(_Unpickler):
    """Remembers the storages it meets: old files list them by key behind the pickle."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def persistent_load(self, pid: Any) -> _Storage:
        storage = super().persistent_load(pid)
        self.storages[storage.key] = storage
        return storage


def _named_tensors(content: Any) -> dict[str, _Tensor]:
    """The tensors in a state_dict, or in the one under "state_dict" or "model"."""
    if not isinstance(content, dict):
        return {}
    found = {str(name): _checked(tensor) for name, tensor in content.items() if isinstance(tensor, _Tensor)}
    return found or next((_named_tensors(content[key]) for key in ("state_dict", "model") if key in content), {})


def _numbers(storage_type: str) -> np.dtype:
    return np.dtype("<u2" if storage_type == "bfloat16" else storage_type)
