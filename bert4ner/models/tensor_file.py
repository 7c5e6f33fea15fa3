"""Files of tensors in the safetensors layout, written one tensor at a time into a file that the caller syncs.

The layout: eight bytes with the length of the header, the header (JSON: of each tensor its type, shape and place), then
all numbers. The package safetensors would hold them all twice, or write and rename a file of its own, unsynced.
`safetensors.numpy.load_file` reads them.
"""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np

_TYPES = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "int16": "I16",
    "uint16": "U16",
    "float16": "F16",
    "bfloat16": "BF16",
    "int32": "I32",
    "uint32": "U32",
    "float32": "F32",
    "float64": "F64",
    "int64": "I64",
    "uint64": "U64",
}
"""The layout's names of types; tensors of the last type come first, so that each number is aligned."""
_RANKS = {name: rank for rank, name in enumerate(_TYPES)}
_ALIGNMENT = 8


class Arrays(Mapping[str, np.ndarray]):
    """Variables by name as arrays, each copied when it is requested: only one is in memory beside the variables."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self.variables[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)


def write_tensors(
    file: IO[bytes], arrays: Mapping[str, np.ndarray], *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors by name, byte by byte as `safetensors.numpy.save` does.

    Args:
        file: opened for writing, at its start.
        arrays: requested twice, for the header and for the numbers.
        metadata: texts by name, for the header.
    """
    entries: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    specs = {name: (array.dtype, array.shape, array.nbytes) for name, array in arrays.items()}
    names = sorted(specs, key=lambda name: (-_RANKS[specs[name][0].name], name))
    end = 0
    for name in names:
        dtype, shape, size = specs[name]
        begin, end = end, end + size
        entries[name] = {"dtype": _TYPES[dtype.name], "shape": list(shape), "data_offsets": [begin, end]}
    header = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % _ALIGNMENT)
    file.write(len(header).to_bytes(8, "little") + header)
    for name in names:
        array = np.ascontiguousarray(arrays[name])
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        file.write(little.reshape(-1).view(np.uint8).data)
