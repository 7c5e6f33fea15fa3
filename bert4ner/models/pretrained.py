"""Read a pretrained checkpoint from a folder in the layout of Google BERT: configuration, vocabulary, weights.

Everything is checked before a network is built: files, configuration, vocabulary against embedding, and each variable
by name and shape. Nothing is downloaded.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.compat.frameworks import keras, tf
from bert4ner.errors import CheckpointError
from bert4ner.text.tokenizer import Vocabulary

logger = logging.getLogger(__name__)

CONFIG_NAMES = ("bert_config.json", "config.json")
VOCABULARY_NAME = "vocab.txt"
_SIZES = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_OPTIONAL_SIZES = ("max_position_embeddings", "type_vocab_size", "embedding_size")
_RATES = ("hidden_dropout_prob", "attention_probs_dropout_prob")
ENCODER_KEYS = (*_SIZES, "hidden_act", *_OPTIONAL_SIZES, *_RATES)
"""What of a configuration decides the encoder; files hold much else, and other tools' words for it."""
_WORD_EMBEDDINGS = "bert/embeddings/word_embeddings"


@dataclass(frozen=True)
class Pretrained:
    """A pretrained encoder: its configuration, vocabulary and, unless it starts at random, the checkpoint's prefix."""

    config: dict[str, Any]
    vocabulary: Vocabulary
    checkpoint: str | None


def open_pretrained(folder: str | Path) -> Pretrained:
    """Find and check what a checkpoint folder holds; weights stay on disk until `read_variables`.

    Raises:
        CheckpointError: a file is missing or damaged, the configuration lacks a key, or vocabulary, configuration and
            embedding disagree about the number of tokens.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder}: no such folder; --pretrained takes one with bert_config.json, vocab.txt and bert_model.ckpt.*"
        )
    config = _read_config(folder)
    vocabulary = Vocabulary.load(folder / VOCABULARY_NAME)
    if len(vocabulary.tokens) != config["vocab_size"]:
        raise CheckpointError(
            f"{folder / VOCABULARY_NAME}: {len(vocabulary.tokens)} tokens, but the configuration says vocab_size="
            f"{config['vocab_size']}; vocabulary and checkpoint are not from the same model"
        )
    checkpoint = _find_checkpoint(folder)
    if checkpoint is None:
        logger.warning("%s holds no bert_model.ckpt.*: the encoder starts from random weights", folder)
    else:
        _check_embedding_rows(checkpoint, len(vocabulary.tokens))
    return Pretrained(config, vocabulary, checkpoint)


def _read_config(folder: Path) -> dict[str, Any]:
    path = next((folder / name for name in CONFIG_NAMES if (folder / name).is_file()), None)
    if path is None:
        raise CheckpointError(f"{folder}: no {CONFIG_NAMES[0]}; is this the folder of an unpacked BERT checkpoint?")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path}: not valid JSON: {error}") from None
    return check_encoder_config(config, where=str(path))


def check_encoder_config(config: Any, *, where: str) -> dict[str, Any]:
    """The configuration itself, once every key that the encoder needs is there with a usable value.

    Raises:
        CheckpointError: naming `where` and the key.
    """
    if not isinstance(config, dict):
        raise CheckpointError(f"{where}: expected a JSON object with hidden_size etc., got {type(config).__name__}")
    for key in ENCODER_KEYS:
        value = config.get(key)
        if value is None and key in (*_OPTIONAL_SIZES, *_RATES):
            continue
        expected = _what_is_wrong(key, value)
        if expected:
            found = f"found {value!r}" if key in config else "it is missing"
            raise CheckpointError(f"{where}: expected {key!r} to be {expected}, {found}")
    if config["hidden_size"] % config["num_attention_heads"]:
        raise CheckpointError(
            f"{where}: hidden_size={config['hidden_size']} is not a multiple of "
            f"num_attention_heads={config['num_attention_heads']}"
        )
    return config


def _what_is_wrong(key: str, value: Any) -> str:
    """What the value of a key in the encoder's configuration should be; empty if it is that."""
    if key in _RATES:
        usable = isinstance(value, (int, float)) and 0 <= value < 1
        return "" if usable else "a number in [0, 1)"
    if key != "hidden_act":
        return "" if type(value) is int and value > 0 else "a whole number above 0"
    try:
        keras.activations.get(value if isinstance(value, str) else "")
    except ValueError:
        return "the name of an activation, as a rule 'gelu'"
    return ""


def _find_checkpoint(folder: Path) -> str | None:
    """The prefix of the one checkpoint in a folder; None without any; refused when its parts are not all there."""
    prefixes = {path.name.removesuffix(".index") for path in folder.glob("*.ckpt*.index")}
    prefixes |= {path.name.partition(".data-")[0] for path in folder.glob("*.ckpt*.data-*")}
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


def _reader(checkpoint: str) -> Any:
    try:
        return tf.train.load_checkpoint(checkpoint)
    except (tf.errors.OpError, ValueError) as error:
        raise CheckpointError(f"{checkpoint}: not a readable TensorFlow checkpoint: {_first_line(error)}") from None


def _check_embedding_rows(checkpoint: str, tokens: int) -> None:
    shapes = _reader(checkpoint).get_variable_to_shape_map()
    if _WORD_EMBEDDINGS not in shapes:
        raise CheckpointError(f"{checkpoint}: variable {_WORD_EMBEDDINGS} is missing; this is no BERT checkpoint")
    if shapes[_WORD_EMBEDDINGS][0] != tokens:
        raise CheckpointError(
            f"{checkpoint}: {_WORD_EMBEDDINGS} has {shapes[_WORD_EMBEDDINGS][0]} rows, but {VOCABULARY_NAME} has "
            f"{tokens} tokens; vocabulary and checkpoint are not from the same model"
        )


def read_variables(checkpoint: str, expected: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Read the variables named in `expected` (name -> shape) from a TensorFlow checkpoint.

    Raises:
        CheckpointError: one message naming every variable that is missing or has another shape, or the file and
            variable at which the data ends.
    """
    reader = _reader(checkpoint)
    shapes = reader.get_variable_to_shape_map()
    wrong = [f"{name} is missing" for name in expected if name not in shapes]
    wrong += [
        f"{name} has shape {tuple(shapes[name])}, expected {shape}"
        for name, shape in expected.items()
        if name in shapes and tuple(shapes[name]) != shape
    ]
    if wrong:
        raise CheckpointError(f"{checkpoint}: does not fit its configuration: {'; '.join(wrong)}")
    values = {}
    for name in expected:
        try:
            values[name] = reader.get_tensor(name)
        except (tf.errors.OpError, ValueError, IndexError) as error:
            raise CheckpointError(
                f"{checkpoint}: variable {name} cannot be read, the file is truncated or damaged ({_first_line(error)})"
            ) from None
    return values


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
