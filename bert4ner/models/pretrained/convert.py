"""Pretrained folders from one layout to another: the same weights, bit for bit, under the names of the other."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from bert4ner.backend.frameworks import tf
from bert4ner.data.writing import atomic_folder
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.pretrained.family import Sources
from bert4ner.models.pretrained.folder import VOCABULARY_NAME, PretrainedFolder, open_folder, open_store
from bert4ner.models.pretrained.loading import Weights, check_fit
from bert4ner.networks.building import build_transformer
from bert4ner.text.vocabulary import Vocabulary

_TOKENIZER_FILES = ("*.model", "tokenizer*.json", "special_tokens_map.json", "*vocab*.txt")


@dataclass(frozen=True)
class Conversion:
    """What was converted: family, layouts, number of variables, and those that no part of the family has."""

    family: str
    source: str
    target: str
    variables: int
    left_out: tuple[str, ...]


def convert_checkpoint(given: str | Path, target: str | Path, to: str = "auto") -> Conversion:
    """Write a pretrained folder anew in another layout: encoder, pooler and heads of pretraining.

    Args:
        given: a folder, or a name on the hub.
        target: a folder that does not exist or is empty.
        to: "tensorflow", "huggingface", or "auto", the one of the two that `given` does not have.

    Raises:
        CheckpointError: as `open_folder`; there are no weights, some are missing, or the family has no such layout.
        ConfigError: there is something in `target`.
        EnvironmentProblem: as `open_folder`.
    """
    target = Path(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target}: exists already; name a new folder")
    found = open_folder(given)
    if found.checkpoint is None:
        raise CheckpointError(f"{found.path}: holds no weights that can be read")
    weights = Weights(open_store(found.checkpoint), found.family, found.config)
    check_fit(weights, build_transformer(found.family.network, found.config.options()))
    if to == "auto":
        to = "tensorflow" if weights.layout.name == "huggingface" else "huggingface"
    sources = target_sources(found, to)
    values = {
        layer: [weights.read(origin) for origin in weights.sources[layer]] for layer in sources if weights.has(layer)
    }
    arrays = stored(values, sources, where=weights.store.where)
    with atomic_folder(target) as aside:
        write_folder(aside, found, arrays, to)
    return Conversion(found.family.name, weights.layout.name, to, len(arrays), tuple(sorted(weights.unexpected())))


def target_sources(found: PretrainedFolder, to: str) -> Sources:
    """How a layout, "tensorflow" or "huggingface", stores the model of a folder.

    Raises:
        CheckpointError: its family has no such layout.
    """
    layout = next((layout for layout in found.family.layouts if layout.name == to), None)
    if layout is None or (to == "huggingface" and found.family.huggingface is None):
        raise CheckpointError(f"{found.path}: {found.family.name} has no {to} layout that other tools could read")
    return layout.sources(found.config)


def stored(values: Mapping[str, Sequence[np.ndarray]], sources: Sources, *, where: str) -> dict[str, np.ndarray]:
    """The weights of layers as a layout stores them, by its names.

    Args:
        values: of each layer all its weights, in the order of `sources`.
        sources: of the layout, of these layers and perhaps more.
        where: whence they are, for messages.

    Raises:
        CheckpointError: several weights are stored as one, in a way that they are not written.
    """
    arrays: dict[str, np.ndarray] = {}
    shared: dict[str, tuple[Any, list[np.ndarray]]] = {}  # how weights are joined, and those met so far
    for layer, weights in values.items():
        for weight, source in zip(weights, sources[layer], strict=True):
            if source.join is not None:
                shared.setdefault(source.names[0], (source.join, []))[1].append(weight)
                continue
            if source.write is None:
                raise CheckpointError(f"{where}: {source.names[0]} holds several weights; not converted")
            arrays.update(zip(source.names, source.write(weight), strict=True))
    arrays.update((name, join(parts)) for name, (join, parts) in shared.items())
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def write_folder(folder: Path, found: PretrainedFolder, arrays: Mapping[str, np.ndarray], to: str) -> None:
    """Fill a folder with weights as a layout stores them, and with configuration and vocabulary of another folder.

    Raises:
        CheckpointError: the layout cannot hold what the configuration says.
    """
    if to == "huggingface":
        assert found.family.huggingface is not None
        try:
            _write_json(folder / "config.json", found.family.huggingface(found.config))
        except CheckpointError as error:
            raise CheckpointError(f"{found.path}: {error}") from None
        save_file(dict(arrays), str(folder / "model.safetensors"), metadata={"format": "pt"})
        shutil.copymode(folder / "config.json", folder / "model.safetensors")  # not for its owner alone
    else:
        _write_json(folder / "bert_config.json", found.config.options())
        write_tensorflow(str(folder / "bert_model.ckpt"), arrays)
    if found.family.tokenizer == "wordpiece" and not found.family.decoder:  # those number tokens as they like
        vocabulary, _ = Vocabulary.of_folder(found.path)
        (folder / VOCABULARY_NAME).write_text(vocabulary.to_text(), encoding="utf-8")
        return
    for pattern in _TOKENIZER_FILES:
        for path in found.path.glob(pattern):
            shutil.copy(path, folder)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_tensorflow(prefix: str, arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint as TensorFlow 1 did: arrays by name, which `tf.train.load_checkpoint` reads everywhere."""
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=[tf.constant(value) for value in arrays.values()],
    )
