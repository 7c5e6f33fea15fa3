"""PyTorch weight files (pytorch_model.bin), read without PyTorch and without running code in them.

Such a file is a pickle, which may name any function of any package to be called on loading; see `torch_pickle`. Data
after it, and the archive around both, are no longer than the file.
"""

import io
import math
import pickle
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.stores import Store, first_line, read_array
from bert4ner.models.pretrained.torch_names import Refused, Storage, Tensor
from bert4ner.models.pretrained.torch_pickle import Machine

_MAGIC = 0x1950A86A20F9469CFC6C  # first pickle of files of before PyTorch 1.6
_PROTOCOL = 1001
_LARGEST_DIRECTORY = 10 << 20  # bytes of the list of an archive's entries


def _checked(tensor: Tensor) -> Tensor:
    """The tensor, after checking that it lies within its storage: a pickle can set its fields to anything."""
    sizes = (tensor.offset, *tensor.shape, *tensor.strides)
    whole = all(type(size) is int and size >= 0 for size in sizes) and len(tensor.shape) == len(tensor.strides)
    if not whole or not isinstance(tensor.storage, Storage):
        raise pickle.UnpicklingError("a tensor of impossible shape")
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((size - 1) * step for size, step in steps)
    if 0 not in tensor.shape and (last >= tensor.storage.numbers or math.prod(tensor.shape) > tensor.storage.numbers):
        raise pickle.UnpicklingError("a tensor that reaches beyond its storage")
    return tensor


class TorchStore(Store):
    """The tensors of a pytorch_model.bin, from PyTorch 0.4 to current versions.

    Raises:
        CheckpointError: it is truncated, has another format, or names anything other than tensors.
    """

    def __init__(self, path: Path) -> None:
        self.where, self._path = str(path), path
        self._places: dict[str, int] = {}  # old files: first byte of each storage
        self._folder = ""  # new files: folder of the entries
        try:
            self._tensors = _named_tensors(self._new() if zipfile.is_zipfile(path) else self._old())
        except Refused as refused:
            raise CheckpointError(
                f"{path}: refused: it asks for {refused}, which no file of weights needs and which could run "
                "any code; take the model from a source you trust, as model.safetensors"
            ) from None
        except Exception as error:  # a damaged pickle may raise almost any exception
            raise CheckpointError(
                f"{path}: truncated, damaged or no file of PyTorch weights ({first_line(error)})"
            ) from None
        if not self._tensors:
            raise CheckpointError(f"{path}: holds no weights by name; expected the state_dict of a model")
        self.shapes = {name: tensor.shape for name, tensor in self._tensors.items()}

    def _new(self) -> Any:
        _check_directory(self._path)
        with zipfile.ZipFile(self._path) as archive:
            (pickled,) = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
            self._folder = pickled.removesuffix("data.pkl")
            _check_stored(archive, pickled)
            with archive.open(pickled) as file:
                return Machine(file).load()

    def _old(self) -> Any:
        with self._path.open("rb") as file:
            if Machine(file).load() != _MAGIC or Machine(file).load() != _PROTOCOL:
                raise pickle.UnpicklingError("not a format of PyTorch")
            Machine(file).load()  # sizes and byte order of the machine
            machine = Machine(file)
            content = machine.load()
            self._find_storages(file, Machine(file).load(), machine.storages)
        return content

    def _find_storages(self, file: IO[bytes], keys: list[str], storages: dict[str, Storage]) -> None:
        size = self._path.stat().st_size
        for key in keys:
            storage = storages[key]
            if int.from_bytes(file.read(8), "little") != storage.numbers:
                raise pickle.UnpicklingError("a storage of unexpected length")
            self._places[key] = file.tell()
            file.seek(storage.numbers * _numbers(storage.type).itemsize, io.SEEK_CUR)
            if file.tell() > size:
                raise EOFError("the data ends too early")

    def read(self, name: str) -> np.ndarray:
        """The variable with that name, float32; CheckpointError if the file is damaged."""
        tensor = self._tensors[name]
        storage, kind = tensor.storage, _numbers(tensor.storage.type)
        try:
            with self._opened(storage.key, storage.numbers * kind.itemsize) as file:
                numbers = read_array(file, (storage.numbers,), kind, bfloat16=storage.type == "bfloat16")
        except Exception as error:  # of zipfile, the file system, memory
            raise CheckpointError(f"{self.where}: variable {name} cannot be read ({first_line(error)})") from None
        count, numbers = math.prod(tensor.shape), numbers[tensor.offset :]
        strides = [stride * numbers.itemsize for stride in tensor.strides]
        array = np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides) if count else numbers[:0]
        return (numbers[:count] if array.flags.c_contiguous else np.ascontiguousarray(array)).reshape(tensor.shape)

    @contextmanager
    def _opened(self, key: str, size: int) -> Iterator[io.BufferedIOBase]:
        """The file, or an entry of it, where a storage begins, after checking that so many bytes follow."""
        if self._folder:
            with zipfile.ZipFile(self._path) as archive:
                name = f"{self._folder}data/{key}"
                _check_stored(archive, name)
                held = archive.getinfo(name).file_size
                if held != size or size > self._path.stat().st_size:
                    raise EOFError(f"{held} bytes where {size} are expected, truncated")
                entry: Any = archive.open(name)
                with entry:
                    yield entry
        else:
            with self._path.open("rb") as file:  # long enough, as was checked when it was opened
                file.seek(self._places[key])
                yield file


def _check_directory(path: Path) -> None:
    """Refuse an archive with more entries than any weight file has; its end record gives the length of the list."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - 22))
        end = file.read()
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or int.from_bytes(end[place + 12 : place + 16], "little") > _LARGEST_DIRECTORY:
        raise pickle.UnpicklingError("an archive of more files than there are weights")


def _check_stored(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse a compressed entry: PyTorch writes none, and without compression no entry is longer than the file."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise pickle.UnpicklingError("an entry that is compressed")


def _named_tensors(content: Any) -> dict[str, Tensor]:
    """The tensors in a state_dict, or in the one under "state_dict" or "model"."""
    if not isinstance(content, dict):
        return {}
    found = {str(name): _checked(tensor) for name, tensor in content.items() if isinstance(tensor, Tensor)}
    return found or next((_named_tensors(content[key]) for key in ("state_dict", "model") if key in content), {})


def _numbers(storage_type: str) -> np.dtype:
    return np.dtype("<u2" if storage_type == "bfloat16" else storage_type)
