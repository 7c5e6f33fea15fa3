"""A network with everything needed to use it, and the model folder that holds it: config.json, vocabulary, weights.

The folder is complete in itself: it loads in a fresh process without the pretrained checkpoint, and holds no code.
"""

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bert4ner.backend.frameworks import tf
from bert4ner.backend.switches import prepare_process
from bert4ner.config import Config, WindowConfig
from bert4ner.data.files import atomic_write
from bert4ner.errors import CheckpointError, ConfigError, EnvironmentProblem
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.builder import HEAD_NAME, assemble, build_on, open_encoder, open_reading
from bert4ner.models.pretrained import EncoderConfig, read_encoder_config
from bert4ner.models.reading.reading import Reading
from bert4ner.registry import HEADS
from bert4ner.runs.layout import MODEL_CONFIG, MODEL_WEIGHTS
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.tokenizer import Tokenizer, Vocabulary, make_tokenizer
from bert4ner.version import VERSION

FORMAT = 1


@dataclass(frozen=True)
class NERModel:
    """A Keras network beside its configuration, labels, encoder configuration, vocabulary and way to read windows."""

    network: Any
    config: Config
    labels: tuple[str, ...]
    encoder_config: EncoderConfig
    vocabulary: Vocabulary
    reading: Reading

    def __post_init__(self) -> None:
        self.network.ner_model = self  # for `of`

    @classmethod
    def of(cls, network: Any) -> "NERModel":
        """The model that a network of `build_model` is part of: whoever has one, a callback in `fit`, has the other.

        Raises:
            ConfigError: the network was made in another way.
        """
        model = getattr(network, "ner_model", None)
        if not isinstance(model, cls):
            raise ConfigError(f"expected a network made by bert4ner.build_model, got {type(network).__name__}")
        return model

    @classmethod
    def create(cls, config: Config, labels: Sequence[str]) -> "NERModel":
        """A new network for `labels` on the pretrained encoder that `config` names; raises as `build_model` does.

        Everything random in it follows from `config.run.seed`, which is set for the whole process
        (`backend.switches.prepare_process`).
        """
        prepare_process(seed=config.run.seed)
        return cls.build(config, labels)

    @classmethod
    def build(cls, config: Config, labels: Sequence[str]) -> "NERModel":
        """`create` without a seed: random weights are what Keras draws."""
        pretrained = open_encoder(config)
        blueprint = Blueprint.of(config, labels, pretrained.config, pretrained.vocabulary)
        reading = open_reading(blueprint)
        network = build_on(pretrained, blueprint, reading)
        return cls(network, config, blueprint.labels, pretrained.config, pretrained.vocabulary, reading)

    @property
    def head(self) -> Any:
        """The network's last layer, which owns targets, loss and decoding."""
        return self.network.get_layer(HEAD_NAME)

    @property
    def windows(self) -> WindowConfig:
        """How texts are cut for this network: as configured, but shorter by what is not for text."""
        windows = self.config.windows
        return dataclasses.replace(windows, max_length=windows.max_length - self.reading.reserved)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Cuts texts into the tokens of the vocabulary, as the configuration says."""
        return make_tokenizer(self.config.windows.tokens, self.vocabulary)

    @cached_property
    def _forward(self) -> Any:
        # A concrete function: TensorFlow takes the one trace of each of many models for needless retracing, and warns.
        ids = tf.TensorSpec((None, None), "int32")
        forward = tf.function(lambda ids: self.network([ids, tf.zeros_like(ids)], training=False))
        return forward.get_concrete_function(ids)

    def outputs(self, token_ids: np.ndarray) -> np.ndarray:
        """What the network gives for the texts of windows, from token ids (batch, length); float32.

        Its shape is the head's to say; position 0 is the first token of the text.
        """
        try:
            outputs: np.ndarray = self.head.text(self._forward(tf.constant(token_ids, "int32")).numpy())
            return outputs
        except tf.errors.ResourceExhaustedError:
            raise EnvironmentProblem(
                f"out of memory with {token_ids.shape[0]} windows of {token_ids.shape[1]} tokens at once; "
                "lower --batch-tokens"
            ) from None

    def cells(self, length: int) -> int:
        """Numbers in the largest array that the head makes for a window of so many tokens; see `models.budget`."""
        return int(self.head.cells(length))

    def encoder_tokens(self, length: int) -> int:
        """Tokens that the encoder reads for a window of so many; see `models.budget`."""
        return self.reading.encoder_tokens(length)

    def head_variables(self) -> list[str]:
        """Names of the trainable variables on top of the pretrained encoder."""
        pretrained = re.compile(r"(Embedding|Transformer|Encoder)-")  # bert4keras' names of its layers
        return [
            variable.name
            for layer in self.network.layers
            if not pretrained.match(layer.name)
            for variable in layer.trainable_variables
        ]

    def weights(self) -> dict[str, np.ndarray]:
        """All weights by a name that is the same in every process: layer, position in the layer, kind."""
        return {name: weight.numpy() for name, weight in self._named_weights().items()}

    def set_weights(self, values: dict[str, np.ndarray], *, where: str) -> None:
        """Assign all weights.

        Raises:
            CheckpointError: one message naming every weight that is missing, unexpected or of another shape.
        """
        named = self._named_weights()
        wrong = [f"{name} is missing" for name in named if name not in values]
        wrong += [f"{name} is unexpected" for name in values if name not in named]
        wrong += [
            f"{name} has shape {values[name].shape}, expected {tuple(weight.shape)}"
            for name, weight in named.items()
            if name in values and values[name].shape != tuple(weight.shape)
        ]
        if wrong:
            raise CheckpointError(f"{where}: does not fit the network of its configuration: {'; '.join(wrong)}")
        for name, weight in named.items():
            weight.assign(values[name])

    def _named_weights(self) -> dict[str, Any]:
        return {
            f"{layer.name}/{number}.{weight.name.rpartition('/')[2].partition(':')[0]}": weight
            for layer in self.network.layers
            for number, weight in enumerate(layer.weights)
        }

    def save(self, folder: str | Path) -> None:
        """Write the model folder, each file aside and then renamed, the weights last."""
        described = {
            "format": FORMAT,
            "bert4ner": VERSION,
            "labels": list(self.labels),
            "config": self.config.to_table(),
            "encoder": self.encoder_config.to_dict(),
            **self.reading.to_dict(),
        }
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / MODEL_CONFIG) as aside:
            aside.write(json.dumps(described, ensure_ascii=False, indent=2) + "\n")
        with atomic_write(folder / self.vocabulary.file_name) as aside:
            aside.write(self.vocabulary.to_text())
        with atomic_write(folder / MODEL_WEIGHTS, binary=True) as aside:
            save_file(self.weights(), aside.name)  # by name: `save` would hold it all twice more

    @classmethod
    def load(cls, folder: str | Path, *, precision: str | None = None) -> "NERModel":
        """Read a model folder written by `save`. Sets for the whole process what `prepare_process()` says.

        Args:
            folder: where `save` wrote it.
            precision: arithmetic of the encoder in this process; by default as the model was configured.

        Raises:
            CheckpointError: a file is missing, truncated or inconsistent; the message names it.
        """
        prepare_process()
        folder = Path(folder)
        described = _read_description(folder / MODEL_CONFIG)
        vocabulary, vocabulary_path = open_vocabulary(folder)
        where = str(folder / MODEL_CONFIG)
        encoder_config = read_encoder_config(described["encoder"], where=where)
        if not vocabulary.fits(encoder_config.vocab_size):
            raise CheckpointError(f"{vocabulary_path}: {len(vocabulary)} tokens, expected {encoder_config.vocab_size}")
        try:
            config = Config.restore(described["config"])
        except ConfigError as error:
            raise CheckpointError(f"{where}: {error}") from None
        used = config if precision is None else config.replace(precision=precision)
        blueprint = Blueprint.of(used, described["labels"], encoder_config, vocabulary)
        reading = HEADS.get(config.model.head).reading.from_dict(described, blueprint, where=where)
        network, _ = assemble(blueprint, reading)
        model = cls(network, config, blueprint.labels, encoder_config, vocabulary, reading)
        model.set_weights(_read_weights(folder / MODEL_WEIGHTS), where=str(folder / MODEL_WEIGHTS))
        return model


def build_model(config: Config, labels: Sequence[str]) -> Any:
    """A plain Keras model: token ids and segment ids ``(batch, length)`` in, what the head gives out.

    Heads that tag tokens give emissions ``(batch, length, tags)``, those that score spans what their class says.

    Its last layer, ``model.get_layer("head")``, owns the targets, the loss and the decoding:
    ``model.compile(optimizer, loss=model.get_layer("head").loss)`` is all that training needs;
    `bert4ner.compile_for_training` does so as the configuration says, `bert4ner.training_batches` makes the batches.
    For the whole process, a GPU makes float32 products in float32 from now on (`backend.switches.prepare_process`).

    Args:
        config: `config.model.pretrained` names the encoder's folder; without weights there, they start at random.
        labels: entity labels; they are sorted, each once.

    Raises:
        CheckpointError: the pretrained folder is missing, damaged or inconsistent.
        ConfigError: no pretrained folder is named, no label is given, the encoder is too small for the options, or the
            head needs more memory for one window than a batch may.
        DataError: descriptions of labels that do not fit the labels.
    """
    prepare_process()
    return NERModel.build(config, labels).network


def _read_description(path: Path) -> dict[str, Any]:
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{path.parent}: no model folder, {path.name} is missing") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from None
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


def _read_weights(path: Path) -> dict[str, np.ndarray]:
    try:
        return load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: missing; the model folder is incomplete") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: truncated or damaged ({error})") from None
