"""Find and check the content of a pretrained folder: family, configuration, vocabulary, weight file.

Everything is checked before a network is built. Weights stay on disk until they are loaded.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bert4ner.encoder_names import named_folder
from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.family import Family
from bert4ner.models.pretrained.hub import hub_folder
from bert4ner.models.pretrained.registry import find_family
from bert4ner.models.pretrained.stores import Store, first_line, some
from bert4ner.models.pretrained.weight_files import find_checkpoint, open_store
from bert4ner.models.pretrained.weights import Weights
from bert4ner.schema import parse_json
from bert4ner.text.bounded import read_bounded
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

CONFIG_NAMES = ("bert_config.json", "config.json", "*_config*.json", "discriminator.json")
VOCABULARY_NAME = "vocab.txt"
_LONGEST_CONFIG = 5_000_000  # bytes
MOST_RANDOM_WEIGHTS = 1_000_000_000
"""Limit on the size of an encoder with random weights, for which no weight file confirms the sizes."""


@dataclass(frozen=True)
class PretrainedFolder:
    """The content of a folder of any family: its checked configuration, and the location of its weights.

    Attributes:
        checkpoint: a weight file, or the prefix of a TensorFlow checkpoint; None if there is none.
        described: the content of its configuration file.
        vocabulary: of an encoder, and its file; None if there is no readable one.
    """

    path: Path
    family: Family[Any]
    config: EncoderConfig
    checkpoint: str | None
    described: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: tuple[Vocabulary, Path] | None = None

    @property
    def random_weights(self) -> bool:
        """Whether its configuration allows starting from random weights."""
        return self.described.get("random_weights") is True


@dataclass(frozen=True)
class Pretrained:
    """A pretrained encoder: its configuration, vocabulary and, unless it starts at random, where its weights are."""

    config: EncoderConfig
    vocabulary: Vocabulary
    checkpoint: str | None


def open_folder(given: str | Path) -> PretrainedFolder:
    """Find family, configuration and weights of any pretrained model, encoder or not.

    Args:
        given: a folder; or, if there is no such folder, `tcm-mini` (the bundled encoder) or a name on the Hugging Face
            hub, "owner/name".

    Raises:
        CheckpointError: no such folder, a file is missing or damaged, the configuration lacks a key, or the weights
            are of another model.
        EnvironmentProblem: a hub name without huggingface_hub, or it cannot be downloaded.
    """
    folder = named_folder(given) or hub_folder(str(given))
    if (folder / "adapter_config.json").is_file():
        raise CheckpointError(f"{folder}: holds an adapter, which is not read; merge it into its model and save that")
    described, where = _read_config(folder)
    checkpoint = find_checkpoint(folder)
    store = None if checkpoint is None else open_store(checkpoint)
    shapes = {} if store is None else store.shapes
    family = find_family(described, shapes, where=where)
    config = family.configure(described, shapes, where=where)
    _check_weights(store, family, config, where=where)
    _warn_of_unknown_keys(family, described, where=where)
    vocabulary = _vocabulary(folder)
    config = _padded(config, described, vocabulary, where=where)
    if family.decoder:  # tokens may be numbered in other ways
        vocabulary = None
    return PretrainedFolder(folder, family, config, checkpoint, described, vocabulary)


def open_pretrained(given: str | Path) -> Pretrained:
    """Find and check the encoder and the vocabulary of a folder or hub name.

    Raises:
        CheckpointError: see `open_folder`; the model is no encoder; or vocabulary, configuration and embedding disagree
            about the number of tokens.
        EnvironmentProblem: see `open_folder`.
    """
    return complete(open_folder(given))


def complete(found: PretrainedFolder) -> Pretrained:
    """An opened folder with its vocabulary; raises as `open_pretrained`."""
    if found.family.decoder:
        raise CheckpointError(
            f"{found.path}: {found.family.name} generates text; recognition needs an encoder such as BERT or RoFormer"
        )
    vocabulary, where = found.vocabulary or open_vocabulary(found.path)
    check_rows(vocabulary, where, found.config)
    if found.checkpoint is None and not found.random_weights:
        raise CheckpointError(
            f"{found.path}: holds no weights, but {_listed(found.path)}; take model.safetensors, pytorch_model.bin or "
            'a TensorFlow checkpoint, or write "random_weights": true into its configuration to start from random ones'
        )
    if found.checkpoint is None:
        logger.warning("%s holds no weights: the encoder starts from random weights", found.path)
    return Pretrained(found.config, vocabulary, found.checkpoint)


def check_rows(vocabulary: Vocabulary, where: Path, config: EncoderConfig) -> None:
    """Refuse a vocabulary, of the file `where`, with more tokens than the encoder has embeddings.

    Raises:
        CheckpointError: it has.
    """
    if not vocabulary.fits(config.vocab_size):
        raise CheckpointError(
            f"{where}: {len(vocabulary)} tokens, but the configuration says vocab_size={config.vocab_size}; vocabulary "
            "and checkpoint are not from the same model"
        )


def _read_config(folder: Path) -> tuple[dict[str, Any], str]:
    path = _find_config(folder)
    content = read_bounded(path, _LONGEST_CONFIG)
    try:
        config = parse_json(content)
    except ValueError as error:
        raise CheckpointError(f"{path}: not valid JSON: {first_line(error)}") from None
    if not isinstance(config, dict):
        raise CheckpointError(f"{path}: expected a JSON object with hidden_size etc., got {type(config).__name__}")
    return config, str(path)


def _find_config(folder: Path) -> Path:
    """The configuration of a folder; of two that of its weights, as the tools read it that wrote them."""
    usual = [folder / name for name in CONFIG_NAMES[:2] if (folder / name).is_file()]
    if len(usual) > 1:
        return usual[Path(find_checkpoint(folder) or "").is_file()]
    for pattern in CONFIG_NAMES:
        found = sorted(path for path in folder.glob(pattern) if path.name not in _NOT_OF_THE_MODEL)
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise CheckpointError(f"{folder}: expected one configuration, found {names}; name one bert_config.json")
        if found:
            return found[0]
    raise CheckpointError(f"{folder}: no {CONFIG_NAMES[0]}; is this the folder of an unpacked BERT checkpoint?")


_NOT_OF_THE_MODEL = ("tokenizer_config.json", "generation_config.json", "adapter_config.json")


def _check_weights(store: Store | None, family: Family[Any], config: EncoderConfig, *, where: str) -> None:
    """Compare the sizes in a configuration with the weights, before a network of the wrong size is built."""
    if store is not None:
        weights = Weights(store, family, config)
        _check_embedding(weights)
        weights.check()
    elif config.num_weights(positions=family.positions, shared=family.shared) > MOST_RANDOM_WEIGHTS:
        raise CheckpointError(f"{where}: describes more than {MOST_RANDOM_WEIGHTS} weights, and the folder has none")


def _check_embedding(weights: Weights) -> None:
    """Compare the rows of the embedding with the configuration, before a network of the wrong size is built."""
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


def _warn_of_unknown_keys(family: Family[Any], described: Mapping[str, Any], *, where: str) -> None:
    unknown = [] if family.keys is None else family.keys.unknown(described, family.option_names())
    if unknown:
        logger.warning("%s: not known what these keys do, they are not heeded: %s", where, some(unknown, 12))


def _vocabulary(folder: Path) -> tuple[Vocabulary, Path] | None:
    try:
        return open_vocabulary(folder)
    except CheckpointError:  # reported when the vocabulary is needed
        return None


def _padded(
    config: EncoderConfig, described: Mapping[str, Any], vocabulary: tuple[Vocabulary, Path] | None, *, where: str
) -> EncoderConfig:
    """A configuration with the vocabulary's padding id, or that of the published configuration.

    A vocabulary with more tokens than the embedding has rows does not decide.
    """
    pad_id = described.get("pad_token_id")
    if vocabulary is not None and vocabulary[0].fits(config.vocab_size):
        pad_id = vocabulary[0].pad_id
    if type(pad_id) is not int or pad_id < 0:
        return config
    if pad_id >= config.vocab_size:
        raise CheckpointError(
            f"{where}: pad_token_id={pad_id}: expected an id below vocab_size={config.vocab_size}; take the "
            "configuration that came with the weights"
        )
    return config.padded(pad_id)


def _listed(folder: Path) -> str:
    """The names of the files in a folder, for messages."""
    return some(sorted(path.name for path in folder.iterdir() if path.is_file()), 8) or "nothing at all"
