"""Pretrained folders from one layout to another: the same weights, bit for bit, under the names of the other."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.backend.memory import release_memory
from bert4ner.data.writing import atomic_folder
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.pretrained.family import Sources
from bert4ner.models.pretrained.folder import VOCABULARY_NAME, PretrainedFolder, check_rows, open_folder
from bert4ner.models.pretrained.loading import build_loaded
from bert4ner.models.pretrained.prune import Kept, Pruned, prune
from bert4ner.models.pretrained.stored import Stored
from bert4ner.models.pretrained.weight_files import open_store
from bert4ner.models.pretrained.weight_writing import write_safetensors, write_tensorflow
from bert4ner.models.pretrained.weights import Weights
from bert4ner.text.bounded import read_bounded
from bert4ner.text.pieces import open_vocabulary

_TOKENIZER_FILES = (
    *("*.model", "tokenizer*.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt"),
)
_NEAR = 1e-4  # two loads of the same weights differ by rounding at most


@dataclass(frozen=True)
class Conversion:
    """What was converted: family, layouts, number of variables, and those that no part of the family has."""

    family: str
    source: str
    target: str
    variables: int
    left_out: tuple[str, ...]
    kept: Kept | None = None
    """Of the vocabulary, unless it is whole."""


def convert_checkpoint(
    given: str | Path, target: str | Path, to: str = "auto", *, keep_tokens: str | Path | None = None
) -> Conversion:
    """Write a pretrained folder anew in another layout: encoder, pooler and heads of pretraining.

    The new folder is opened again before it gets its name: family, every weight and the states of random tokens must be
    those of the old one.

    Args:
        given: a folder, or a name on the hub.
        target: a folder that does not exist or is empty.
        to: "tensorflow", "huggingface", or "auto", the one of the two that `given` does not have; with `keep_tokens`
            the one that it has.
        keep_tokens: leave out all tokens but those of single characters, "characters", or of a text, its file.

    Raises:
        CheckpointError: as `open_folder`; there are no weights, some are missing, the vocabulary is not the encoder's
            or cannot be used, the family has no such layout, or what was written is not the same model.
        ConfigError: there is something in `target`.
        DataError: the text of `keep_tokens` cannot be read, or another process writes `target`.
        EnvironmentProblem: as `open_folder`.
    """
    target = Path(target)
    _check_free(target)
    found = _opened(given)
    weights = _weights(found)
    to = _layout_name(weights, to, other=keep_tokens is None)
    with atomic_folder(target) as aside:  # before anything is computed: a second process is refused at once
        pruned = None if keep_tokens is None else prune(found, keep_tokens)
        result = found if pruned is None else pruned.found
        kept = {layer: each for layer, each in target_sources(result, to).items() if weights.has(layer)}
        ids = _random_ids(result)
        states = _states(found, ids, pruned)
        arrays = Stored(_reader(weights, pruned), kept, where=weights.store.where)
        write_folder(aside, result, arrays, to)
        release_memory()
        tokens = None if pruned is None else pruned.write(aside)
        written = open_folder(aside)
        _check_same(result, written, kept, _reader(weights, pruned))
        _check_states(states, _states(written, ids), where=str(target))
    left_out = tuple(sorted(weights.unexpected()))
    return Conversion(found.family.name, weights.layout.name, to, len(arrays), left_out, tokens)


def _opened(given: str | Path) -> PretrainedFolder:
    """A folder, whose vocabulary is refused if it cannot be read, does not fit, or makes no tokenizer."""
    found = open_folder(given)
    vocabulary = found.vocabulary or (open_vocabulary(found.path) if _has_word_pieces(found) else None)
    if vocabulary is not None:
        check_rows(*vocabulary, found.config)
        vocabulary[0].library()
    return found


def _has_word_pieces(found: PretrainedFolder) -> bool:
    """Whether its vocabulary is read; decoders number tokens as they like."""
    return found.family.tokenizer == "wordpiece" and not found.family.decoder


def _layout_name(weights: Weights, to: str, *, other: bool) -> str:
    """The layout to write: of "auto" the one that the weights have, or the other one."""
    if to != "auto" or not other:
        return weights.layout.name if to == "auto" else to
    return "tensorflow" if weights.layout.name == "huggingface" else "huggingface"


def _check_free(target: Path) -> None:
    if os.path.exists(target) and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target}: exists already; name a new folder")


def _reader(weights: Weights, pruned: Pruned | None) -> Callable[[str, int], np.ndarray]:
    """What gives a layer's weight of a number as it is to be written."""
    if pruned is not None:
        return lambda layer, number: pruned.weight(weights, layer, number)
    return lambda layer, number: weights.read(weights.sources[layer][number])


def _weights(found: PretrainedFolder) -> Weights:
    if found.checkpoint is None:
        raise CheckpointError(f"{found.path}: holds no weights that can be read")
    return Weights(open_store(found.checkpoint), found.family, found.config)


def _random_ids(found: PretrainedFolder) -> np.ndarray:
    """Token ids (batch, length), the second row padded; of the vocabulary's any but padding, mostly."""
    config, pad_id = found.config, found.config.padding
    length = min(12, config.num_positions)
    ids = np.random.default_rng(0).integers(0, config.vocab_size, (2, length))
    if pad_id is not None:
        ids = np.where(ids == pad_id, (pad_id + 1) % config.vocab_size, ids)
        ids[1, length // 2 :] = pad_id
    return ids.astype("int32")


def _states(found: PretrainedFolder, ids: np.ndarray, pruned: Pruned | None = None) -> np.ndarray:
    """What the network of a folder makes of token ids, padding left out; of ids of a pruned vocabulary, if any.

    bert4keras chooses the rows for these by itself.
    """
    config = found.config if pruned is None else pruned.found.config
    more = {} if pruned is None else {"keep_tokens": pruned.ids.tolist()}
    transformer = build_loaded(found.family.network, config.options(), _weights(found), **more)
    inputs = transformer.model.inputs
    given = [np.zeros_like(ids) if "Segment" in each.name else ids for each in inputs]
    states: np.ndarray = transformer.model(given if len(given) > 1 else given[0]).numpy()
    del transformer, inputs  # as large as the file
    release_memory()
    real: np.ndarray = states[ids != (-1 if config.padding is None else config.padding)]
    return real


def _check_same(
    found: PretrainedFolder, again: PretrainedFolder, layers: Sources, read: Callable[[str, int], np.ndarray]
) -> None:
    """Refuse a folder that is read as another family, or that lacks or changes a weight."""
    if again.family.name != found.family.name:
        raise CheckpointError(
            f"{found.path}: would come back as {again.family.name} instead of {found.family.name}; nothing was written"
        )
    after = _weights(again)
    for layer in layers:
        for number, source in enumerate(after.sources[layer]):
            if not after.has(layer) or _digest(read(layer, number)) != _digest(after.read(source)):
                raise CheckpointError(f"{found.path}: {source.names[0]} would come back changed; nothing was written")


def _digest(array: np.ndarray) -> tuple[tuple[int, ...], str, bytes]:
    """Shape, type and a hash of the bits, so that the weight of one file is gone before that of the other is read."""
    return array.shape, array.dtype.str, hashlib.blake2b(np.ascontiguousarray(array).data).digest()


def _check_states(before: np.ndarray, after: np.ndarray, *, where: str) -> None:
    same = before.shape == after.shape and np.allclose(before, after, rtol=_NEAR, atol=_NEAR, equal_nan=True)
    if not same:
        raise CheckpointError(f"{where}: the converted model would compute other states; nothing was written")


def target_sources(found: PretrainedFolder, to: str) -> Sources:
    """How a layout, "tensorflow" or "huggingface", stores the model of a folder.

    Raises:
        CheckpointError: its family has no such layout.
    """
    layout = next((layout for layout in found.family.layouts if layout.name == to), None)
    if layout is None or (to == "huggingface" and found.family.huggingface is None):
        raise CheckpointError(f"{found.path}: {found.family.name} has no {to} layout that other tools could read")
    return layout.sources(found.config)


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
        write_safetensors(folder / "model.safetensors", arrays)
    else:
        _write_json(folder / "bert_config.json", found.config.to_dict())
        write_tensorflow(str(folder / "bert_model.ckpt"), arrays)
    _copy_vocabulary(found, folder)


def _copy_vocabulary(found: PretrainedFolder, folder: Path) -> None:
    """The files of the tokenizer as they are, the tokens of a word-piece vocabulary under the usual name.

    Raises:
        CheckpointError: one of them is no regular file, or cannot be read.
    """
    vocabulary = (found.vocabulary or open_vocabulary(found.path))[0] if _has_word_pieces(found) else None
    listed = vocabulary is not None and vocabulary.file_name == VOCABULARY_NAME
    for pattern in _TOKENIZER_FILES if listed else (*_TOKENIZER_FILES, "*vocab*.txt"):
        for path in found.path.glob(pattern):
            (folder / path.name).write_bytes(read_bounded(path))
    if vocabulary is not None and listed:
        (folder / VOCABULARY_NAME).write_text(vocabulary.to_text(), encoding="utf-8")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
