"""From a configuration and labels to a Keras model: backbone, fusion, encoder, head. No training, no files written."""

from collections.abc import Sequence
from typing import Any

from bert4ner.compat.frameworks import keras
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.backbone import Backbone, build_backbone
from bert4ner.models.budget import check_cells
from bert4ner.models.encoders import encode
from bert4ner.models.fusion import fuse
from bert4ner.models.heads.biaffine import BiaffineHead
from bert4ner.models.heads.crf import CRFHead
from bert4ner.models.heads.efficient_global_pointer import EfficientGlobalPointerHead
from bert4ner.models.heads.global_pointer import GlobalPointerHead
from bert4ner.models.heads.softmax import SoftmaxHead
from bert4ner.models.heads.span import SpanHead
from bert4ner.models.heads.w2ner import W2NERHead
from bert4ner.models.precision import policy, resolve_precision
from bert4ner.models.pretrained import Pretrained, open_pretrained

HEADS: dict[str, Any] = {
    "crf": CRFHead,
    "softmax": SoftmaxHead,
    "global_pointer": GlobalPointerHead,
    "efficient_global_pointer": EfficientGlobalPointerHead,
    "biaffine": BiaffineHead,
    "span": SpanHead,
    "w2ner": W2NERHead,
}
HEAD_NAME = "head"


def build_model(config: Config, labels: Sequence[str]) -> Any:
    """A plain Keras model: token ids and segment ids ``(batch, length)`` in, what the head gives out.

    Heads that tag tokens give emissions ``(batch, length, tags)``, those that score spans what their class says.

    Its last layer, ``model.get_layer("head")``, owns the targets, the loss and the decoding:
    ``model.compile(optimizer, loss=model.get_layer("head").loss)`` is all that training needs.

    Args:
        config: `config.model.pretrained` names the encoder's folder; without weights there, they start at random.
        labels: entity labels; they are sorted, each once.

    Raises:
        CheckpointError: the pretrained folder is missing, damaged or inconsistent.
        ConfigError: no pretrained folder is named, no label is given, the encoder is too small for the options, or the
            head needs more memory for one window than a batch may.
    """
    return build_on(open_encoder(config), config, labels)


def open_encoder(config: Config) -> Pretrained:
    """What the pretrained folder that `config` names holds; raises as `build_model` does."""
    if not config.model.pretrained:
        raise ConfigError(
            "no pretrained encoder; name its folder with --pretrained DIR or Config().replace(pretrained=DIR)"
        )
    return open_pretrained(config.model.pretrained)


def build_on(pretrained: Pretrained, config: Config, labels: Sequence[str]) -> Any:
    """`build_model` on a pretrained folder that is open already."""
    network, backbone = assemble(pretrained.config, config, labels)
    if pretrained.checkpoint is not None:
        backbone.load(pretrained.checkpoint)
    return network


def assemble(encoder_config: dict[str, Any], config: Config, labels: Sequence[str]) -> tuple[Any, Backbone]:
    """The network of `config` on an encoder of `encoder_config`, all weights random, and its backbone."""
    labels = sorted(set(labels))
    if not labels:
        raise ConfigError("no labels: the documents hold no entity; is the format right, are the annotations there?")
    with policy(resolve_precision(config.run.precision)):
        backbone = build_backbone(
            encoder_config,
            config.model,
            dropout=config.regularization.encoder_dropout,
            max_length=config.windows.max_length,
        )
        features = encode(fuse(backbone.blocks, config.model.fusion), config.model.encoder)
        kind = HEADS[config.model.head]
        head = kind(
            labels=labels, dropout=config.regularization.head_dropout, name=HEAD_NAME, **kind.options(config)
        )
        check_cells(head, config.windows.max_length)
        network = keras.Model(backbone.inputs, head(features), name="bert4ner")
    return network, backbone
