"""The model folder on disk: config.json, vocabulary and weights, written and read with everything in it checked.

The folder is complete in itself: it loads in a fresh process without the pretrained checkpoint, and holds no code. What
a network is made of it is `ner_model`'s to know.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bert4ner.config import Config
from bert4ner.data.writing import atomic_write
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.pretrained import EncoderConfig, read_encoder_config
from bert4ner.runs.layout import MODEL_CONFIG, MODEL_LEXICON, MODEL_WEIGHTS
from bert4ner.text.lexicon import Lexicon
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.vocabulary import Vocabulary
from bert4ner.version import VERSION

FORMAT = 1


@dataclass(frozen=True)
class Description:
    """What a model folder says of its network, weights apart."""

    config: Config
    labels: tuple[str, ...]
    encoder_config: EncoderConfig
    vocabulary: Vocabulary
    reading: Mapping[str, Any]
    """What a way to read windows keeps, see `Reading.to_dict`; when read, among the rest of config.json."""
    lexicon: Lexicon | None = None


def write_model(folder: Path, description: Description, weights: dict[str, np.ndarray]) -> None:
    """Write the model folder, each file aside and then renamed, the weights last."""
    described = {
        "format": FORMAT,
        "bert4ner": VERSION,
        "labels": list(description.labels),
        "config": description.config.to_table(),
        "encoder": description.encoder_config.to_dict(),
        **description.reading,
    }
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / MODEL_CONFIG) as aside:
        aside.write(json.dumps(described, ensure_ascii=False, indent=2) + "\n")
    with atomic_write(folder / description.vocabulary.file_name) as aside:
        aside.write(description.vocabulary.to_text())
    if description.lexicon is not None:
        with atomic_write(folder / MODEL_LEXICON) as aside:
            aside.write(json.dumps(description.lexicon.to_dict(), ensure_ascii=False) + "\n")
    with atomic_write(folder / MODEL_WEIGHTS, binary=True) as aside:
        save_file(weights, aside.name)  # by name: `save` would hold it all twice more


def read_description(folder: Path) -> Description:
    """The description in a model folder.

    Raises:
        CheckpointError: a file is missing, truncated or inconsistent; the message names it.
    """
    path = folder / MODEL_CONFIG
    described = _read_config(path)
    vocabulary, vocabulary_path = open_vocabulary(folder)
    encoder_config = read_encoder_config(described["encoder"], where=str(path))
    if not vocabulary.fits(encoder_config.vocab_size):
        raise CheckpointError(f"{vocabulary_path}: {len(vocabulary)} tokens, expected {encoder_config.vocab_size}")
    try:
        config = Config.restore(described["config"])
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from None
    labels = tuple(described["labels"])
    lexicon = _read_lexicon(folder / MODEL_LEXICON, labels) if config.words.lexicon else None
    return Description(config, labels, encoder_config, vocabulary, described, lexicon)


def _read_lexicon(path: Path, labels: tuple[str, ...]) -> Lexicon:
    if not path.is_file():
        raise CheckpointError(f"{path}: missing; the model folder is incomplete")
    described = _read_json(path)
    try:
        lexicon = Lexicon.from_dict(described)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise CheckpointError(f"{path}: damaged ({error})") from None
    if lexicon.labels not in ((), labels):
        raise CheckpointError(f"{path}: expected the labels {', '.join(labels)}, found {', '.join(lexicon.labels)}")
    return lexicon


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{path.parent}: no model folder, {path.name} is missing") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from None


def _read_config(path: Path) -> dict[str, Any]:
    described = _read_json(path)
    if not isinstance(described, dict) or described.get("format") != FORMAT:
        found = described.get("format") if isinstance(described, dict) else type(described).__name__
        raise CheckpointError(f"{path}: expected a model folder of format {FORMAT}, found {found!r}")
    missing = [key for key in ("labels", "config", "encoder") if key not in described]
    if missing:
        raise CheckpointError(f"{path}: {', '.join(missing)} missing")
    labels = described["labels"]
    words = isinstance(labels, list) and all(isinstance(label, str) and label for label in labels)
    if not words or labels != sorted(set(labels)):  # their order numbers the tags
        raise CheckpointError(f"{path}: expected labels to be a sorted list of different words, found {labels!r}")
    return described


def read_weights(folder: Path) -> dict[str, np.ndarray]:
    """All weights in a model folder by their names.

    Raises:
        CheckpointError: the file is missing, truncated or damaged.
    """
    path = folder / MODEL_WEIGHTS
    try:
        return load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: missing; the model folder is incomplete") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: truncated or damaged ({error})") from None
