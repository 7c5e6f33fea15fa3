"""Which of the files in a folder holds the weights, and its variables."""

from collections.abc import Iterator
from pathlib import Path

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.stores import (
    SafetensorsStore,
    ShardedStore,
    Store,
    TensorFlowStore,
    read_index,
    some,
)
from bert4ner.models.pretrained.torch_archive import TorchStore
from bert4ner.text.bounded import PRETRAINED

_PYTORCH = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
_OTHERS = (
    *(".safetensors", ".bin", ".h5", ".msgpack", ".onnx", ".gguf", ".ggml", ".pt", ".pth", ".ot", ".ckpt"),
    *(".pdparams", ".pdmodel", ".npz", ".keras", ".pb", ".tflite", ".mlmodel"),
)
"""How files of weights end that are not read, at least not under their names."""


def find_checkpoint(folder: Path) -> str | None:
    """The file of weights in a folder, or the prefix of its TensorFlow checkpoint; None without any.

    Raises:
        CheckpointError: several TensorFlow checkpoints, parts of one are missing, or weights are in a format that is
            not read.
    """
    for name in _PYTORCH:
        if (folder / name).is_file():
            return str(folder / name)
    prefixes = {path.name.removesuffix(".index") for path in folder.glob("*.index")}
    prefixes |= {path.name.partition(".data-")[0] for path in folder.glob("*.data-*")}
    others = sorted(path.name for path in folder.iterdir() if path.suffix in _OTHERS)
    if not prefixes and others:
        raise CheckpointError(
            f"{folder}: weights in {some(others)} cannot be read; take model.safetensors, pytorch_model.bin or a "
            "TensorFlow checkpoint, under these names"
        )
    if not prefixes:
        return None
    if len(prefixes) > 1:
        raise CheckpointError(f"{folder}: expected one checkpoint, found {some(sorted(prefixes))}; keep one")
    prefix = folder / prefixes.pop()
    if not Path(f"{prefix}.index").is_file():
        raise CheckpointError(f"{prefix}.index is missing beside the checkpoint's data; copy the whole checkpoint")
    if not any(_starting(folder, f"{prefix.name}.data-")):
        raise CheckpointError(f"{prefix}.data-* is missing beside the checkpoint's index; copy the whole checkpoint")
    return str(prefix)


def open_store(checkpoint: str) -> Store:
    """The variables of what `find_checkpoint` found.

    Raises:
        CheckpointError: it cannot be read.
    """
    path = Path(checkpoint)
    PRETRAINED.check_present(Path(f"{checkpoint}.index") if Path(f"{checkpoint}.index").is_file() else path)
    if checkpoint.endswith(".index.json"):
        return ShardedStore(path, [open_store(str(part)) for part in read_index(path)])
    if path.suffix == ".safetensors":
        return SafetensorsStore(path)
    return TorchStore(path) if path.suffix == ".bin" else TensorFlowStore(checkpoint)


def _starting(folder: Path, start: str) -> Iterator[Path]:
    """The files of a folder whose names start so; a pattern would take brackets in them for something else."""
    return (path for path in folder.iterdir() if path.name.startswith(start))
