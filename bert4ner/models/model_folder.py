"""The model folder on disk: config.json, vocabulary and weights, written and read with everything in it checked.

The folder is complete in itself: it loads in a fresh process without the pretrained checkpoint, and contains no code.
`ner_model` builds the network from it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from bert4ner.config import Config
from bert4ner.data.writing import atomic_write
from bert4ner.errors import CheckpointError, ConfigError, RunError, said, shown
from bert4ner.models.pretrained import EncoderConfig, get_family, read_encoder_config
from bert4ner.models.tensor_file import write_tensors
from bert4ner.models.weights import check_finite
from bert4ner.runs.files import to_json, write_text
from bert4ner.runs.layout import MANIFEST, MODEL_CONFIG, MODEL_LEXICON, MODEL_WEIGHTS
from bert4ner.runs.manifest import differences, discard_manifest, write_manifest
from bert4ner.schema import Formats, Misfit, Name, Reader, more_keys
from bert4ner.schema.tensors import read_header
from bert4ner.text.lexicon import KeptLexicon, Lexicon
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.rules import Rules
from bert4ner.text.vocabulary import Vocabulary
from bert4ner.version import VERSION

FORMAT = 1
MODEL_FILES = Reader(
    CheckpointError,
    "{path}: missing; the model folder is incomplete",
    cure="copy the model folder again, or train it again",
    largest=1 << 29,  # a lexicon of millions of words
    most_parts=20_000_000,
)
"""Reads the files of model folders that are our own."""
_SMALL = 1_000_000  # numbers by which an estimate of an encoder's size may be wrong


@dataclass(frozen=True)
class Description:
    """The description of a network in a model folder, without weights."""

    config: Config
    labels: tuple[str, ...]
    encoder_config: EncoderConfig
    vocabulary: Vocabulary
    reading: Mapping[str, Any]
    """What a way to read windows keeps, see `Reading.to_dict`; when read, all that is not known here."""
    lexicon: Lexicon | None = None


def write_model(folder: Path, description: Description, weights: Mapping[str, np.ndarray]) -> None:
    """Write the model folder; each file is written aside and then renamed, the weights and then the manifest last.

    Killed within, it leaves a folder without a manifest.
    """
    described = {
        "format": FORMAT,
        "bert4ner": VERSION,
        "labels": list(description.labels),
        "config": description.config.to_table(),
        "encoder": description.encoder_config.to_dict(),
        "tokenizer": description.vocabulary.rules.to_dict(),
        **description.reading,
    }
    texts = {
        MODEL_CONFIG: to_json(described),
        description.vocabulary.file_name: description.vocabulary.to_text(),
    }
    if description.lexicon is not None:
        texts[MODEL_LEXICON] = json.dumps(description.lexicon.to_dict(), ensure_ascii=False) + "\n"
    discard_manifest(folder)
    for name, text in texts.items():
        write_text(folder / name, text)
    with atomic_write(folder / MODEL_WEIGHTS, binary=True) as file:
        write_tensors(file, weights)
    write_manifest(folder, [folder / name for name in (*texts, MODEL_WEIGHTS)])


@dataclass(frozen=True)
class _ModelFile:
    """The content of config.json, apart from its format."""

    labels: tuple[Name, ...]
    config: Mapping[str, Any]
    encoder: Mapping[str, Any]
    tokenizer: Rules = field(default_factory=Rules)
    """In models from before there were rules: what was done then."""
    bert4ner: str = ""
    reading: Mapping[str, Any] = more_keys()

    def __post_init__(self) -> None:
        if not self.labels or list(self.labels) != sorted(set(self.labels)):  # their order numbers the tags
            raise Misfit(f"expected labels to be a sorted list of different words, found {shown(list(self.labels))}")


def read_description(folder: Path, *, verify: bool = False) -> Description:
    """The description in a model folder.

    Args:
        folder: the model folder.
        verify: compare all its files with its manifest first; see `check_model`.

    Raises:
        CheckpointError: a file is missing, truncated or inconsistent; the message names it.
    """
    if verify:
        check_model(folder)
    path = folder / MODEL_CONFIG
    if not path.exists():
        raise CheckpointError(f"{folder}: no model folder, {path.name} is missing")
    read = MODEL_FILES.read(path, _ModelFile, formats=Formats(FORMAT))
    opened, vocabulary_path = open_vocabulary(folder)
    vocabulary = opened.with_rules(read.tokenizer, where=vocabulary_path)
    encoder_config = read_encoder_config(read.encoder, where=str(path))
    if not vocabulary.fits(encoder_config.vocab_size):
        raise CheckpointError(f"{vocabulary_path}: {len(vocabulary)} tokens, expected {encoder_config.vocab_size}")
    try:
        config = Config.restore(read.config)
    except ConfigError as error:
        raise CheckpointError(f"{path}: {said(error)}") from None
    lexicon = _read_lexicon(folder / MODEL_LEXICON, read.labels) if config.words.parts else None
    return Description(config, read.labels, encoder_config, vocabulary, read.reading, lexicon)


def _read_lexicon(path: Path, labels: tuple[str, ...]) -> Lexicon:
    lexicon = Lexicon.restore(MODEL_FILES.read(path, KeptLexicon))
    if lexicon.labels not in ((), labels):
        raise MODEL_FILES.refusal(path, f"expected the labels {shown(labels)}, found {shown(lexicon.labels)}")
    return lexicon


def check_size(folder: Path, encoder_config: EncoderConfig) -> None:
    """Refuse an encoder if the weights hold less than half of it, before a network of that size is built.

    Raises:
        CheckpointError: it is one, or the header of the weights is damaged.
    """
    path = folder / MODEL_WEIGHTS
    held = sum(map(math.prod, read_header(path, MODEL_FILES).shapes.values()))
    family = get_family(encoder_config.family, where=str(folder / MODEL_CONFIG))
    described = encoder_config.num_weights(positions=family.positions, shared=family.shared)
    if described > 2 * held + _SMALL:
        raise CheckpointError(
            f"{path}: holds {held} numbers, but {MODEL_CONFIG} describes about {described}; they are not of one model"
        )


def check_model(folder: Path) -> None:
    """Compare all files with the manifest; a folder of an older version, or of a save that was killed, has none.

    Raises:
        CheckpointError: a file differs, or the manifest is damaged.
    """
    try:
        found = next(differences(folder), None)
    except RunError as error:
        raise CheckpointError(str(error)) from None
    if found is not None:
        raise CheckpointError(
            f"{found}; copy the folder again, or train anew; if you changed the file yourself, delete {MANIFEST}"
        )


def read_weights(folder: Path) -> dict[str, np.ndarray]:
    """All weights in a model folder by their names.

    Raises:
        CheckpointError: the file is missing, truncated or damaged, or a weight is not finite.
    """
    path = folder / MODEL_WEIGHTS
    read_header(path, MODEL_FILES)
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise MODEL_FILES.refusal(path, f"cannot be read ({said(error)})") from None
    check_finite(weights, where=str(path))
    return weights
