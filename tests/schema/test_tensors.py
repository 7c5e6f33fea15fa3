"""Headers of safetensors files: those that the library writes are read, those that lie are refused before that."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from bert4ner.errors import RunError
from bert4ner.schema import Reader
from bert4ner.schema.tensors import read_header

READER = Reader(RunError, "{path}: missing")
VALUES = {"b": np.ones((2, 3), "float32"), "a": np.arange(4, dtype="int64"), "c": np.zeros((0, 5), "float16")}


@pytest.fixture
def path(tmp_path):
    save_file(VALUES, tmp_path / "a.safetensors", {"history": "[]"})
    return tmp_path / "a.safetensors"


def with_header(path, change):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    described = json.loads(content[8 : 8 + size])
    change(described)
    header = json.dumps(described).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + content[8 + size :])


def refusal(path):
    with pytest.raises(RunError) as error:
        read_header(path, READER)
    assert len(str(error.value)) < 600 and "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{path}: ")


def test_what_the_library_writes_is_found_where_it_is(path):
    header = read_header(path, READER)
    assert header.shapes == {name: value.shape for name, value in VALUES.items()} and header.metadata == {
        "history": "[]"
    }
    content = path.read_bytes()
    for name, value in VALUES.items():
        begin, end = header.entries[name].data_offsets
        assert content[header.start + begin : header.start + end] == value.tobytes()


@pytest.mark.parametrize("size", [0, 1, 2**31, 2**60, 2**64 - 1])
def test_a_length_that_cannot_be(path, size):
    path.write_bytes(size.to_bytes(8, "little") + path.read_bytes()[8:])
    assert refusal(path).startswith(f"damaged, truncated or no safetensors file (a header of {size} in ")


@pytest.mark.parametrize("kept", [0, 5, 8, 60, -1, -20])
def test_a_truncated_file(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    assert "truncated" in refusal(path)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("b", {"data_offsets": [0, 24]}, "arrays overlap"),
        ("b", {"data_offsets": [2**50, 2**50 + 24]}, "truncated: "),
        ("b", {"data_offsets": [-8, 16]}, "expected b.data_offsets[0] to be a whole number of at least 0, found -8"),
        ("b", {"data_offsets": [24, 0]}, "b: -24 bytes for the shape (2, 3) of F32"),
        ("b", {"data_offsets": [0.0, 24]}, "expected b.data_offsets[0] to be a whole number, found 0.0"),
        ("b", {"shape": [3, 3]}, "b: 24 bytes for the shape (3, 3) of F32"),
        ("b", {"shape": [2, "3"]}, "expected b.shape[1] to be a whole number, found '3'"),
        ("b", {"shape": [2**60, 2**60]}, "expected b.shape[0] to be a whole number, found 1152921504606846976"),
        ("b", {"dtype": "F64"}, "b: 24 bytes for the shape (2, 3) of F64"),
        ("b", {"dtype": ["F32"]}, "expected b.dtype to be a text, found ['F32']"),
        ("b", {"more": 1}, "unknown name 'b.more'"),
        ("__metadata__", {"history": 3}, "expected __metadata__.history to be a text, found 3"),
    ],
)
def test_an_entry_that_lies(path, name, changes, message):
    with_header(path, lambda described: described[name].update(changes))
    assert message in refusal(path)


def test_a_name_twice(path):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + size].rstrip().replace(b'"a"', b'"b"')
    path.write_bytes(len(header).to_bytes(8, "little") + header + content[8 + size :])
    assert "the key 'b' stands there twice" in refusal(path)
