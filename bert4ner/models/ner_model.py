"""A network with everything needed to use it: its configuration, labels, vocabulary and way to read windows.

`model_folder` defines how it is stored on disk.
"""

import dataclasses
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.backend.forks import check_process
from bert4ner.backend.frameworks import tf
from bert4ner.backend.switches import prepare_process
from bert4ner.config import Config, WindowConfig
from bert4ner.errors import CheckpointError, ConfigError, EnvironmentProblem, shown
from bert4ner.models.backbone import layer_number
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.builder import HEAD_NAME, assemble, build_on, open_encoder, open_reading
from bert4ner.models.encoders import NECK_NAME
from bert4ner.models.inputs import Inputs
from bert4ner.models.lexicon import open_lexicon
from bert4ner.models.model_folder import Description, check_size, read_description, read_weights, write_model
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.models.reading.reading import Reading
from bert4ner.models.tensor_file import Arrays
from bert4ner.models.weights import assign_weights, named_weights
from bert4ner.registry import HEADS
from bert4ner.runs.layout import MODEL_CONFIG, MODEL_WEIGHTS
from bert4ner.text.lexicon import Lexicon
from bert4ner.text.tokenizer import Tokenizer, make_tokenizer
from bert4ner.text.vocabulary import Vocabulary

_TRACING = threading.Lock()  # the first calls of a model may come from several threads at once
_PRETRAINED = re.compile(r"(Embedding|Transformer|Encoder)-")  # bert4keras' names of its layers


@dataclass(frozen=True)
class NERModel:
    """A Keras network beside its configuration, labels, encoder configuration, vocabulary and way to read windows."""

    network: Any
    config: Config
    labels: tuple[str, ...]
    encoder_config: EncoderConfig
    vocabulary: Vocabulary
    reading: Reading
    lexicon: Lexicon | None = None

    def __post_init__(self) -> None:
        self.network.ner_model = self  # for `of`

    @classmethod
    def of(cls, network: Any) -> "NERModel":
        """The model of a network from `build_model`: a callback in `fit`, which has only the network, gets the model.

        Raises:
            ConfigError: the network was not made by `build_model`.
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
        lexicon = open_lexicon(config, blueprint.labels)
        network = build_on(pretrained, blueprint, reading, lexicon)
        return cls(network, config, blueprint.labels, pretrained.config, pretrained.vocabulary, reading, lexicon)

    @property
    def head(self) -> Any:
        """The network's last layer, which owns targets, loss and decoding."""
        return self.network.get_layer(HEAD_NAME)

    @property
    def windows(self) -> WindowConfig:
        """How to cut texts for this network: as configured, but shorter by the positions that are not for text."""
        windows = self.config.windows
        return dataclasses.replace(windows, max_length=windows.max_length - self.reading.reserved)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Cuts texts into the tokens of the vocabulary, as the configuration says."""
        return make_tokenizer(self.config.windows.tokens, self.vocabulary)

    @cached_property
    def _forward(self) -> Any:
        # A concrete function: TensorFlow mistakes the one trace of each of many models for retracing, and warns.
        ids, _, *said = self.inputs.specs
        forward = tf.function(lambda ids, *said: self.network([ids, tf.zeros_like(ids), *said], training=False))
        return forward.get_concrete_function(ids, *said)

    @property
    def inputs(self) -> Inputs:
        """Makes the inputs of the network for windows."""
        return Inputs(self.lexicon)

    def outputs(self, token_ids: np.ndarray, *said: np.ndarray) -> np.ndarray:
        """The outputs of the network for the texts of windows; float32.

        The head defines the shape; position 0 is the first token of the text.

        Args:
            token_ids: (batch, length).
            *said: the lexicon features, if there is a lexicon; see `Inputs`.

        Raises:
            EnvironmentProblem: out of memory, or the process was forked from the one with the model.
        """
        check_process()
        with _TRACING:
            forward = self._forward
        try:
            given = forward(tf.constant(token_ids, "int32"), *map(tf.constant, said))
            outputs: np.ndarray = self.head.text(given.numpy())
            return outputs
        except tf.errors.ResourceExhaustedError:
            raise EnvironmentProblem(
                f"out of memory with {token_ids.shape[0]} windows of {token_ids.shape[1]} tokens at once; "
                "lower --batch-tokens"
            ) from None

    def cells(self, length: int) -> int:
        """Number of values in the head's largest array for a window of `length` tokens; see `models.budget`."""
        return int(self.head.cells(length))

    def encoder_tokens(self, length: int) -> int:
        """Number of tokens that the encoder reads for a window of `length` tokens; see `models.budget`."""
        return self.reading.encoder_tokens(length)

    def head_variables(self) -> list[str]:
        """Names of the trainable variables on top of the pretrained encoder."""
        below = self.encoder_variables()
        return [each.name for each in self.network.trainable_variables if each.name not in below]

    def neck_variables(self) -> list[str]:
        """Names of the trainable variables between the pretrained encoder and the head, other than fusion's."""
        necks = [layer for layer in self.network.layers if layer.name == NECK_NAME]
        return [variable.name for neck in necks for variable in neck.trainable_variables]

    def transition_variables(self) -> list[str]:
        """Names of the trainable variables by which the head scores the order of tags."""
        return [getattr(self.head, name).name for name in self.head.transition_weights]

    def encoder_variables(self) -> dict[str, int]:
        """The layer of each trainable variable of the pretrained encoder, by name, counted from 1; 0: embeddings.

        Variables that all layers share, or that come after all layers, belong to the last.
        """
        last = self.encoder_config.num_hidden_layers
        return {
            variable.name: layer_number(layer.name, last)
            for layer in self.network.layers
            if _PRETRAINED.match(layer.name)
            for variable in layer.trainable_variables
        }

    def weights(self) -> dict[str, np.ndarray]:
        """All weights by a name that is the same in every process: layer, position in the layer, kind."""
        return {name: weight.numpy() for name, weight in named_weights(self.network).items()}

    def set_weights(self, values: dict[str, np.ndarray], *, where: str) -> None:
        """Assign all weights; raises as `assign_weights` does."""
        assign_weights(self.network, values, where=where)

    def save(self, folder: str | Path) -> None:
        """Write the model folder; see `write_model`."""
        description = Description(
            self.config, self.labels, self.encoder_config, self.vocabulary, self.reading.to_dict(), self.lexicon
        )
        write_model(Path(folder), description, Arrays(named_weights(self.network)))

    @classmethod
    def load(cls, folder: str | Path, *, precision: str | None = None, verify: bool = True) -> "NERModel":
        """Read a model folder written by `save`. Sets for the whole process what `prepare_process()` says.

        Args:
            folder: where `save` wrote it.
            precision: arithmetic of the encoder in this process; by default as the model was configured.
            verify: compare the files with the folder's manifest first.

        Raises:
            CheckpointError: a file is missing, damaged or inconsistent; the message names it.
        """
        prepare_process()
        folder = Path(folder)
        read = read_description(folder, verify=verify)
        check_size(folder, read.encoder_config)
        used = read.config if precision is None else read.config.replace(precision=precision)
        blueprint = Blueprint.of(used, read.labels, read.encoder_config, read.vocabulary)
        way = HEADS.get(read.config.model.head).reading
        if unknown := read.reading.keys() - set(way.keeps):
            raise CheckpointError(
                f"{folder / MODEL_CONFIG}: unknown name {shown(min(unknown))}; if a newer bert4ner wrote it, "
                "install that"
            )
        reading = way.from_dict(read.reading, blueprint, where=str(folder / MODEL_CONFIG))
        network, _ = assemble(blueprint, reading, read.lexicon)
        model = cls(network, read.config, read.labels, read.encoder_config, read.vocabulary, reading, read.lexicon)
        model.set_weights(read_weights(folder), where=str(folder / MODEL_WEIGHTS))
        return model


def build_model(config: Config, labels: Sequence[str]) -> Any:
    """A plain Keras model: token ids and segment ids ``(batch, length)`` in, the outputs of the head out.

    Heads that tag tokens give emissions ``(batch, length, tags)``; for heads that score spans, see their class.

    Its last layer, ``model.get_layer("head")``, owns the targets, the loss and the decoding:
    ``model.compile(optimizer, loss=model.get_layer("head").loss)`` is all that training needs;
    `bert4ner.compile_for_training` does so as the configuration says, `bert4ner.training_batches` makes the batches.
    With ``lexicon="train"``, or with word lists, it also takes lexicon features ``(batch, length, features)``, which
    `training_batches` makes, too; ``lexicon="auto"`` gives no lexicon here, where there are no documents.
    For the whole process, a GPU makes float32 products in float32 from now on (`backend.switches.prepare_process`).

    Args:
        config: `config.model.pretrained` names the encoder's folder; without weights there, they start at random.
        labels: entity labels; they are sorted, each once.

    Raises:
        CheckpointError: the pretrained folder is missing, damaged or inconsistent.
        ConfigError: no pretrained folder is named, no label is given, the encoder is too small for the options, or the
            head needs more memory for one window than a batch may.
        DataError: descriptions of labels that do not fit the labels.

    Example:
        >>> import bert4ner
        >>> network = bert4ner.build_model(bert4ner.Config(pretrained="tcm-mini"), ["DRUG", "SYMPTOM"])
        >>> network.output_shape  # O, and B, I, S for each label
        (None, None, 7)
    """
    prepare_process()
    return NERModel.build(config, labels).network
