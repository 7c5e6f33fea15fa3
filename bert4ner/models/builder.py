"""Builds a Keras model from a configuration and labels: backbone, fusion, neck, head. It does not train or write."""

from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.config import Config
from bert4ner.models.backbone import Backbone, build_backbone, check_fresh
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.budget import check_budget
from bert4ner.models.encoders import encode
from bert4ner.models.fusion import fuse
from bert4ner.models.lexicon import LexiconFeatures
from bert4ner.models.precision import policy, resolve_precision
from bert4ner.models.pretrained import Pretrained, open_pretrained
from bert4ner.models.reading.reading import Reading
from bert4ner.registry import HEADS
from bert4ner.text.lexicon import Lexicon

HEAD_NAME = "head"


def open_encoder(config: Config) -> Pretrained:
    """The content of the pretrained folder that `config` names; raises as `build_model` does."""
    return open_pretrained(config.model.named_encoder())


def open_reading(blueprint: Blueprint) -> Reading:
    """How the encoder of a new network reads windows for its head; raises as `build_model` does."""
    reading: Reading = HEADS.get(blueprint.config.model.head).reading.open(blueprint)
    return reading


def build_on(pretrained: Pretrained, blueprint: Blueprint, reading: Reading, lexicon: Lexicon | None = None) -> Any:
    """`build_model` on an opened pretrained folder."""
    check_fresh(pretrained.config, blueprint.config.regularization.reinitialise_layers)
    return assemble(blueprint, reading, lexicon, checkpoint=pretrained.checkpoint)[0]


def assemble(
    blueprint: Blueprint, reading: Reading, lexicon: Lexicon | None = None, *, checkpoint: str | None = None
) -> tuple[Any, Backbone]:
    """The network of a blueprint and its backbone; weights are random, but for the encoder's from a checkpoint."""
    config = blueprint.config
    kind = HEADS.get(config.model.head)
    with policy(resolve_precision(config.run.precision)):
        backbone = build_backbone(
            blueprint.encoder_config,
            config.model,
            dropout=config.regularization.encoder_dropout,
            max_length=config.windows.max_length,
            filled=checkpoint is None,
        )
        if checkpoint is not None:  # before anything is built on it
            backbone.load(checkpoint, fresh=config.regularization.reinitialise_layers)
        head = kind(
            labels=blueprint.labels,
            dropout=config.regularization.head_dropout,
            name=HEAD_NAME,
            **kind.options(config),
        )
        check_budget(head, reading, config)

        said = [] if lexicon is None else [keras.Input((None, lexicon.width), name="lexicon")]

        def top(blocks: list[Any]) -> Any:
            fused = fuse(blocks, config.model.fusion)
            for each in said:
                fused = LexiconFeatures(name="lexicon-features")([fused, reading.beside(each)])
            return encode(fused, config.model.encoder)

        network = keras.Model([*backbone.inputs, *said], head(reading.features(backbone, top)), name="bert4ner")
    return network, backbone
