"""pytorch_model.bin without PyTorch: what PyTorch writes is read, anything that would run code is refused."""

import collections
import io
import os
import pickle
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
