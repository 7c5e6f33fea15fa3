"""pytorch_model.bin without PyTorch: what PyTorch writes is read, anything that would run code is refused."""

import collections
import io
import os
import pickle
import resource
import time
import zipfile

import numpy as np
import pytest
import torch

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.torch_archive import TorchStore

FORMATS = pytest.mark.parametrize("new", [True, False], ids=["zip", "before 1.6"])


def tensors():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    return collections.OrderedDict(
        {
            "plain": base,
            "view": base.t()[1:4],
            "part": base[1:, 2:4],
            "number": torch.tensor(7.5),
            "none": base[:0],
            "half": base.half(),
            "brain": (base / 7).bfloat16(),
            "double": base.double(),
            "long": base.long(),
            "flags": base > 3,
            "parameter": torch.nn.Parameter(base + 1),
        }
    )


def saved(path, content, new=True):
    torch.save(content, path, _use_new_zipfile_serialization=new)
    return path


@FORMATS
def test_tensors_are_what_pytorch_saved(new, tmp_path):
    store = TorchStore(saved(tmp_path / "pytorch_model.bin", tensors(), new))
    assert store.shapes == {name: tuple(value.shape) for name, value in tensors().items()}
    for name, value in tensors().items():
        expected = (value.float() if value.dtype in (torch.half, torch.bfloat16) else value).detach().numpy()
        found = store.read(name)
        assert found.dtype == expected.dtype and np.array_equal(found, expected), name


@FORMATS
@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_a_state_dict_within_a_checkpoint_is_found(new, key, tmp_path):
    content = {"epoch": 3, key: tensors()}
    assert TorchStore(saved(tmp_path / "pytorch_model.bin", content, new)).shapes["plain"] == (4, 6)


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, command, call=os.system):
        self.command, self.call = command, call

    def __reduce__(self):
        return self.call, (self.command,)


@FORMATS
@pytest.mark.parametrize(("call", "told"), [(os.system, f"{os.system.__module__}.system"), (eval, "__builtin__.eval")])
def test_code_in_a_file_is_not_run(new, call, told, tmp_path):
    touched = tmp_path / "touched"
    command = f"touch {touched}" if call is os.system else f"__import__('pathlib').Path({str(touched)!r}).touch()"
    path = saved(tmp_path / "pytorch_model.bin", {"plain": torch.zeros(2), "evil": Evil(command, call)}, new)
    with pytest.raises(CheckpointError) as error:
        TorchStore(path)
    text = str(error.value)
    assert text.startswith(f"{path}: refused: it asks for {told}, ") and "\n" not in text
    assert not touched.exists()
    torch.load(path, weights_only=False)  # the file does run code where it is trusted
    assert touched.exists()


@pytest.mark.parametrize(
    "module_and_name",
    [
        "torch._utils\n_rebuild_tensor",
        "torch\nload",
        "collections\nCounter",
        "builtins\ngetattr",
        "torch.serialization\n_legacy_load",
    ],
)
def test_only_what_tensors_need_may_be_named(module_and_name, tmp_path):
    path = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", f"c{module_and_name}\n.".encode())
    with pytest.raises(CheckpointError, match=f"it asks for {module_and_name.replace(chr(10), '.')}, "):
        TorchStore(path)


class Described:
    """Pickles as a tensor of a storage of six numbers, seen as it is told."""

    def __init__(self, offset, shape, strides, state=None):
        self.reduced = (torch._utils._rebuild_tensor_v2, (Storage(), offset, shape, strides, False, None))
        self.reduced += () if state is None else (state,)

    def __reduce__(self):
        return self.reduced


class Storage:
    pass


class Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        return ("storage", torch.FloatStorage, "0", "cpu", 6) if isinstance(obj, Storage) else None


def described(path, tensor):
    pickled = io.BytesIO()
    Pickler(pickled, 2).dump({"w": tensor})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled.getvalue())
        archive.writestr("archive/data/0", np.arange(6, dtype="<f4").tobytes())
    return path


def test_a_view_within_its_storage_is_read(tmp_path):
    store = TorchStore(described(tmp_path / "pytorch_model.bin", Described(1, (2, 2), (3, 1))))
    assert store.read("w").tolist() == [[1, 2], [4, 5]]


@pytest.mark.parametrize(
    "tensor",
    [
        Described(0, (7,), (1,)),
        Described(5, (2,), (1,)),
        Described(0, (2, 2), (5, 1)),
        Described(-1, (2,), (1,)),
        Described(0, (2,), (-1,)),
        Described(0, (2, 2), (1,)),
        Described(0, ("a",), (1,)),
        Described(0, (2,), (1,), {"offset": 100}),
        Described(0, (2,), (1,), {"shape": (1000,)}),
    ],
)
def test_a_view_beyond_its_storage_is_refused(tensor, tmp_path):
    with pytest.raises(CheckpointError, match="truncated, damaged or no file of PyTorch weights"):
        TorchStore(described(tmp_path / "pytorch_model.bin", tensor))


@FORMATS
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_one_line(new, kept, tmp_path):
    path = saved(tmp_path / "pytorch_model.bin", {"w": torch.rand(40, 40), "b": torch.rand(40)}, new)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(CheckpointError) as error:
        TorchStore(path).read("w")
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"version https://git-lfs.github.com/spec/v1\n", b"\x80\x02}.", b"<html>"])
def test_what_is_no_file_of_weights(content, tmp_path):
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="truncated, damaged or no file of PyTorch weights"):
        TorchStore(path)


@FORMATS
def test_a_file_without_named_tensors(new, tmp_path):
    with pytest.raises(CheckpointError, match="holds no weights by name; expected the state_dict of a model"):
        TorchStore(saved(tmp_path / "pytorch_model.bin", [torch.zeros(3)], new))


# --- files made to hang, to crash or to fill the memory ---


def pickled(*steps):
    return b"\x80\x02" + b"".join(steps) + b"."


def shared_tuples(count):
    """`count` tuples, each of twice the one before: 2 ** count to whoever counts."""
    return b")" + b"".join(b"q\x00h\x00\x86" for _ in range(count))


def as_key(value):
    return pickled(b"}", value, b"K\x01s")


TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
    b"X\x03\x00\x00\x00cpuK\x06tQ"
)
HOSTILE = {
    "shared tuples as a key": as_key(shared_tuples(64)),
    "nested tuples": pickled(b")" + b"\x85" * 1_000_000),
    "nested tuples as a key": as_key(b")" + b"\x85" * 100_000),
    "nested tuples as the name of a storage": pickled(
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\n" + shared_tuples(64) + b"NK\x06tQ"
    ),
    "nested tuples as a name": pickled(shared_tuples(64), b"X\x01\x00\x00\x00a\x93"),
    "a far place of the memo": pickled(b"}r\xff\xff\xff\x7f0"),
    "a long word": pickled(b"X\xff\xff\xff\x7fabc"),
    "a long number": pickled(b"\x8b\xff\xff\xff\x7f12"),
    "a table of shared lists": pickled(
        b"](" + b"K\x00K\x00\x86" * 20_000 + b"eq\x00" + b"ccollections\nOrderedDict\nh\x00\x85R" * 9_000
    ),
    "a table that is in itself": pickled(b"}q\x00X\x05\x00\x00\x00modelh\x00s"),
    "a tensor of one number over and over": pickled(
        b"}X\x01\x00\x00\x00w", TENSOR, b"K\x00J\xff\xff\xff\x7f\x85K\x00\x85\x89NtRs"
    ),
    "no end": b"\x80\x02" + b"}" * 1_000_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
@FORMATS
def test_what_is_made_to_hang_is_refused_at_once(kind, new, tmp_path):
    path = tmp_path / "pytorch_model.bin"
    if new:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", HOSTILE[kind])
            archive.writestr("archive/data/0", bytes(24))
    else:
        before = b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {}))
        path.write_bytes(before + HOSTILE[kind] + pickle.dumps([], 2))
    refused_at_once(path)


@pytest.mark.parametrize("entry", ["data.pkl", "data/0"])
def test_an_archive_that_is_longer_than_its_file_is_refused_at_once(entry, tmp_path):
    path = described(tmp_path / "pytorch_model.bin", Described(0, (2, 2), (3, 1)))
    with zipfile.ZipFile(path) as archive:
        held = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in held.items():
            bomb = name.endswith(entry)
            archive.writestr(name, bytes(1 << 22) if bomb else content, zipfile.ZIP_DEFLATED if bomb else None)
    refused_at_once(path)


def test_an_archive_that_lists_no_end_of_files_is_refused_at_once(tmp_path):
    path = described(tmp_path / "pytorch_model.bin", Described(0, (2, 2), (3, 1)))
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    refused_at_once(path)


def refused_at_once(path):
    """Within 2 seconds of computing and 500 MB, as one line.

    The seconds are those of this thread: TensorFlow's threads, left by the tests before, must not count.
    """
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time()
    with pytest.raises(CheckpointError) as error:
        for name in (store := TorchStore(path)).shapes:
            store.read(name)
    assert time.thread_time() - begun < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KiB
    assert "\n" not in str(error.value) and len(str(error.value)) < 1000
