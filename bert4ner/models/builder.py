"""From a configuration and labels to a Keras model: backbone, fusion, encoder, head. No training, no files written."""

from collections.abc import Sequence
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.backend.switches import prepare_process
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.backbone import Backbone, build_backbone
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.budget import check_budget
from bert4ner.models.encoders import encode
from bert4ner.models.fusion import fuse
from bert4ner.models.precision import policy, resolve_precision
from bert4ner.models.pretrained import Pretrained, open_pretrained
from bert4ner.models.reading.reading import Reading
from bert4ner.registry import HEADS

HEAD_NAME = "head"


def build_model(config: Config, labels: Sequence[str]) -> Any:
    """A plain Keras model: token ids and segment ids ``(batch, length)`` in, what the head gives out.

    Heads that tag tokens give emissions ``(batch, length, tags)``, those that score spans what their class says.

    Its last layer, ``model.get_layer("head")``, owns the targets, the loss and the decoding:
    ``model.compile(optimizer, loss=model.get_layer("head").loss)`` is all that training needs.
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
    pretrained = open_encoder(config)
    blueprint = Blueprint.of(config, labels, pretrained.config, pretrained.vocabulary)
    return build_on(pretrained, blueprint, open_reading(blueprint))


def open_encoder(config: Config) -> Pretrained:
    """What the pretrained folder that `config` names holds; raises as `build_model` does."""
    if not config.model.pretrained:
        raise ConfigError(
            "no pretrained encoder; name its folder with --pretrained DIR or Config().replace(pretrained=DIR)"
        )
    return open_pretrained(config.model.pretrained)


def open_reading(blueprint: Blueprint) -> Reading:
    """How the encoder of a new network reads windows for its head; raises as `build_model` does."""
    reading: Reading = HEADS.get(blueprint.config.model.head).reading.open(blueprint)
    return reading


def build_on(pretrained: Pretrained, blueprint: Blueprint, reading: Reading) -> Any:
    """`build_model` on a pretrained folder that is open already."""
    network, backbone = assemble(blueprint, reading)
    if pretrained.checkpoint is not None:
        backbone.load(pretrained.checkpoint)
    return network


def assemble(blueprint: Blueprint, reading: Reading) -> tuple[Any, Backbone]:
    """The network of a blueprint, all weights random, and its backbone."""
    config = blueprint.config
    kind = HEADS.get(config.model.head)
    with policy(resolve_precision(config.run.precision)):
        backbone = build_backbone(
            blueprint.encoder_config,
            config.model,
            dropout=config.regularization.encoder_dropout,
            max_length=config.windows.max_length,
        )
        head = kind(
            labels=blueprint.labels,
            dropout=config.regularization.head_dropout,
            name=HEAD_NAME,
            **kind.options(config),
        )
        check_budget(head, reading, config)

        def top(blocks: list[Any]) -> Any:
            return encode(fuse(blocks, config.model.fusion), config.model.encoder)

        network = keras.Model(backbone.inputs, head(reading.features(backbone, top)), name="bert4ner")
    return network, backbone
