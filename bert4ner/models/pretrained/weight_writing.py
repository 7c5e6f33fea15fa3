"""Files of weights as other tools read them, one array in memory at a time where the format permits it."""

import json
import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.backend.tensors import tensor_of
from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.stores import first_line

_PART = 64 * 2**20  # bytes
_SYSTEM_SAYS = re.compile(r"; ([^;\n]{1,100}?)(?: \[Op:\w+\].*)?$", re.MULTILINE)
_TYPES = {
    "<f8": "F64",
    "<f4": "F32",
    "<f2": "F16",
    "|b1": "BOOL",
    "<i8": "I64",
    "<i4": "I32",
    "<i2": "I16",
    "|i1": "I8",
    "|u1": "U8",
}


def write_safetensors(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a model.safetensors; `arrays` is read twice, for the header and for the data."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in sorted(arrays):
        array = arrays[name]
        begin, end = end, end + array.nbytes
        kind = _TYPES[array.dtype.newbyteorder("<").str]
        entries[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, end]}
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # the data begins at a multiple of 8
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for name in sorted(arrays):
            file.write(np.ascontiguousarray(arrays[name]).data)
        file.flush()
        os.fsync(file.fileno())


def write_tensorflow(prefix: str, arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint as TensorFlow 1 did: arrays by name, which `tf.train.load_checkpoint` reads everywhere.

    A large one has several data files, since each is written at once.

    Raises:
        CheckpointError: it cannot be written.
    """
    parts: list[str] = []
    with tempfile.TemporaryDirectory(dir=Path(prefix).parent, prefix=".parts-") as folder:
        try:
            for number, part in enumerate(_parts(arrays)):
                parts.append(f"{folder}/{number:05}")
                _save(parts[-1], part)
            tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=prefix, delete_old_dirs=False)
        except tf.errors.OpError as error:
            raise CheckpointError(
                f"{prefix}: cannot be written ({_reason(error)}); free some space or choose another place"
            ) from None


def _reason(error: Exception) -> str:
    """Why TensorFlow cannot write, which it says behind the long name of a file of its own."""
    found = _SYSTEM_SAYS.search(str(error))
    return found[1] if found else first_line(error)


def _parts(arrays: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The arrays in their order, at least one at a time and as many as memory has room for."""
    part: dict[str, Any] = {}
    size = 0
    for name in arrays:
        part[name] = tensor_of(arrays[name])
        size += part[name].dtype.size * math.prod(part[name].shape)
        if size >= _PART:
            yield part
            part, size = {}, 0
    if part:
        yield part


def _save(prefix: str, tensors: Mapping[str, Any]) -> None:
    slices = [""] * len(tensors)
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=[*tensors], shape_and_slices=slices, tensors=[*tensors.values()])
