"""Find and check what a pretrained folder holds: family, configuration, vocabulary, file of weights.

Everything is checked before a network is built. Weights stay on disk until they are loaded.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.bundled import ENCODER, or_bundled
from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.family import Family
from bert4ner.models.pretrained.hub import hub_folder, is_hub_name
from bert4ner.models.pretrained.loading import Weights
from bert4ner.models.pretrained.registry import find_family
from bert4ner.models.pretrained.stores import (
    SafetensorsStore,
    ShardedStore,
    Store,
    TensorFlowStore,
    read_index,
)
from bert4ner.models.pretrained.torch_archive import TorchStore
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

CONFIG_NAMES = ("bert_config.json", "config.json", "*_config*.json", "discriminator.json")
VOCABULARY_NAME = "vocab.txt"
_PYTORCH = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
_UNREADABLE = ("*.h5", "*.msgpack", "*.onnx", "*.gguf", "*.pt", "*.pth", "*.ot")


@dataclass(frozen=True)
class PretrainedFolder:
    """What is in a folder, whatever its family: its configuration, checked, and where weights are.

    Attributes:
        checkpoint: a file of weights, or the prefix of a TensorFlow checkpoint; None if there is none.
    """

    path: Path
    family: Family[Any]
    config: EncoderConfig
    checkpoint: str | None


@dataclass(frozen=True)
class Pretrained:
    """A pretrained encoder: its configuration, vocabulary and, unless it starts at random, where its weights are."""

    config: EncoderConfig
    vocabulary: Vocabulary
    checkpoint: str | None


def open_folder(given: str | Path) -> PretrainedFolder:
    """Find family, configuration and weights of any pretrained model, encoder or not.

    Args:
        given: a folder; or where there is none `tcm-mini`, the bundled encoder, or a name on the Hugging Face hub,
            "owner/name".

    Raises:
        CheckpointError: no such folder, a file is missing or damaged, the configuration lacks a key, or the weights
            are of another model.
        EnvironmentProblem: a hub name without huggingface_hub, or it cannot be downloaded.
    """
    folder = or_bundled(Path(given))
    if not folder.is_dir() and is_hub_name(str(given)):
        folder = hub_folder(str(given))
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder}: no such folder; --pretrained takes one with a configuration (config.json), vocab.txt and "
            f"weights, the name of one on the Hugging Face hub, as hfl/chinese-roberta-wwm-ext, or {ENCODER}"
        )
    described, where = _read_config(folder)
    checkpoint = find_checkpoint(folder)
    store = None if checkpoint is None else open_store(checkpoint)
    shapes = {} if store is None else store.shapes
    family = find_family(described, shapes, where=where)
    config = family.configure(described, shapes, where=where)
    if store is not None:
        _check_embedding(Weights(store, family, config))
    return PretrainedFolder(folder, family, config, checkpoint)


def open_pretrained(given: str | Path) -> Pretrained:
    """Find and check what a folder (or a hub name) holds of an encoder and its vocabulary.

    Raises:
        CheckpointError: as `open_folder`; the model is no encoder; or vocabulary, configuration and embedding disagree
            about the number of tokens.
        EnvironmentProblem: as `open_folder`.
    """
    found = open_folder(given)
    if found.family.decoder:
        raise CheckpointError(
            f"{found.path}: {found.family.name} generates text; recognition needs an encoder such as BERT or RoFormer"
        )
    vocabulary, where = open_vocabulary(found.path)
    if not vocabulary.fits(found.config.vocab_size):
        raise CheckpointError(
            f"{where}: {len(vocabulary)} tokens, but the configuration says vocab_size="
            f"{found.config.vocab_size}; vocabulary and checkpoint are not from the same model"
        )
    if found.checkpoint is None:
        logger.warning("%s holds no weights that can be read: the encoder starts from random weights", found.path)
    return Pretrained(found.config, vocabulary, found.checkpoint)


def _read_config(folder: Path) -> tuple[dict[str, Any], str]:
    path = _find_config(folder)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(config, dict):
        raise CheckpointError(f"{path}: expected a JSON object with hidden_size etc., got {type(config).__name__}")
    return config, str(path)


def _find_config(folder: Path) -> Path:
    for pattern in CONFIG_NAMES:
        found = sorted(path for path in folder.glob(pattern) if path.name not in _NOT_OF_THE_MODEL)
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise CheckpointError(f"{folder}: expected one configuration, found {names}; name one bert_config.json")
        if found:
            return found[0]
    raise CheckpointError(f"{folder}: no {CONFIG_NAMES[0]}; is this the folder of an unpacked BERT checkpoint?")


_NOT_OF_THE_MODEL = ("tokenizer_config.json", "generation_config.json")


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
    others = sorted(path.name for pattern in _UNREADABLE for path in folder.glob(pattern))
    if not prefixes and others:
        raise CheckpointError(
            f"{folder}: weights in {', '.join(others)} cannot be read; take model.safetensors, pytorch_model.bin or a "
            "TensorFlow checkpoint"
        )
    if not prefixes:
        return None
    if len(prefixes) > 1:
        raise CheckpointError(f"{folder}: expected one checkpoint, found {', '.join(sorted(prefixes))}; keep one")
    prefix = folder / prefixes.pop()
    if not Path(f"{prefix}.index").is_file():
        raise CheckpointError(f"{prefix}.index is missing beside the checkpoint's data; copy the whole checkpoint")
    if not list(folder.glob(f"{prefix.name}.data-*")):
        raise CheckpointError(f"{prefix}.data-* is missing beside the checkpoint's index; copy the whole checkpoint")
    return str(prefix)


def open_store(checkpoint: str) -> Store:
    """The variables of what `find_checkpoint` found.

    Raises:
        CheckpointError: it cannot be read.
    """
    path = Path(checkpoint)
    if checkpoint.endswith(".index.json"):
        return ShardedStore(path, [open_store(str(part)) for part in read_index(path)])
    if path.suffix == ".safetensors":
        return SafetensorsStore(path)
    return TorchStore(path) if path.suffix == ".bin" else TensorFlowStore(checkpoint)


def _check_embedding(weights: Weights) -> None:
    """Tokens in the embedding against the configuration, before a network of the wrong size is built."""
    shape, name = weights.shape("Embedding-Token"), weights.sources["Embedding-Token"][0].names[0]
    if shape is None:
        raise CheckpointError(
            f"{weights.store.where}: variable {name} is missing; this is no checkpoint of {weights.family.name}"
        )
    if shape[:1] != (weights.num_tokens,):
        raise CheckpointError(
            f"{weights.store.where}: {name} has {shape[0] if shape else 0} rows, but the configuration says vocab_size="
            f"{weights.num_tokens}; configuration and checkpoint are not from the same model"
        )
