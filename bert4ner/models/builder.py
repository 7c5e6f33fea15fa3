"""From a configuration and labels to a Keras model: backbone, fusion, encoder, head. No training, no files written."""

from collections.abc import Sequence
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.backbone import Backbone, build_backbone
from bert4ner.models.budget import check_budget
from bert4ner.models.encoders import encode
from bert4ner.models.fusion import fuse
from bert4ner.models.precision import multiply_in_float32, policy, resolve_precision
from bert4ner.models.pretrained import Pretrained, open_pretrained
from bert4ner.models.queries import (
    Answers,
    Joined,
    Queries,
    Questions,
    encode_queries,
    read_queries,
    resolve_joint_layers,
)
from bert4ner.registry import HEADS
from bert4ner.text.tokenizer import Vocabulary

HEAD_NAME = "head"


def open_encoder(config: Config) -> Pretrained:
    """What the pretrained folder that `config` names holds; raises as `build_model` does."""
    if not config.model.pretrained:
        raise ConfigError(
            "no pretrained encoder; name its folder with --pretrained DIR or Config().replace(pretrained=DIR)"
        )
    return open_pretrained(config.model.pretrained)


def open_queries(pretrained: Pretrained, config: Config, labels: Sequence[str]) -> tuple[str, ...]:
    """What the encoder is asked for each label, sorted; nothing if the head does not ask. Raises as `build_model`."""
    if not HEADS.get(config.model.head).asks:
        return ()
    resolve_joint_layers(config, pretrained.config)
    queries = read_queries(config, labels)
    encode_queries(queries, pretrained.vocabulary, config.windows)  # to be told at once what is wrong
    return queries


def build_on(pretrained: Pretrained, config: Config, labels: Sequence[str], queries: Sequence[str] = ()) -> Any:
    """`build_model` on a pretrained folder and with queries that are open already."""
    network, backbone = assemble(pretrained.config, config, labels, pretrained.vocabulary, queries)
    if pretrained.checkpoint is not None:
        backbone.load(pretrained.checkpoint)
    return network


def assemble(
    encoder_config: dict[str, Any],
    config: Config,
    labels: Sequence[str],
    vocabulary: Vocabulary,
    queries: Sequence[str],
) -> tuple[Any, Backbone]:
    """The network of `config` on an encoder of `encoder_config`, all weights random, and its backbone.

    Args:
        queries: one for each label, sorted, if the head asks.
    """
    labels = sorted(set(labels))
    if not labels:
        raise ConfigError("no labels: the documents hold no entity; is the format right, are the annotations there?")
    kind = HEADS.get(config.model.head)
    options = kind.options(config)
    if queries:
        options["queries"] = encode_queries(queries, vocabulary, config.windows)
        joint = resolve_joint_layers(config, encoder_config)
        options["joint"] = joint / encoder_config["num_hidden_layers"]
    multiply_in_float32()
    with policy(resolve_precision(config.run.precision)):
        backbone = build_backbone(
            encoder_config,
            config.model,
            dropout=config.regularization.encoder_dropout,
            max_length=config.windows.max_length,
        )
        head = kind(labels=labels, dropout=config.regularization.head_dropout, name=HEAD_NAME, **options)
        check_budget(head, config)
        blocks = backbone.blocks
        if head.asks:
            blocks, asked = _ask(backbone, head.queries, joint, vocabulary)
        features = encode(fuse(blocks, config.model.fusion), config.model.encoder)
        if head.asks:
            features = Answers([len(query) for query in head.queries], name="answers")([features, asked])
        network = keras.Model(backbone.inputs, head(features), name="bert4ner")
    return network, backbone


def _ask(
    backbone: Backbone, queries: Sequence[Sequence[int]], joint: int, vocabulary: Vocabulary
) -> tuple[list[Any], Any]:
    """The block outputs for every query before every window, which the last `joint` layers read together, and the
    vectors of the queries' tokens."""
    lengths, segment = [len(query) for query in queries], min(1, (backbone.config.get("type_vocab_size") or 2) - 1)
    asked = Queries(queries, vocabulary.cls_id, segment, vocabulary.pad_id, name="queries")(backbone.inputs[0])
    if joint == backbone.config["num_hidden_layers"]:
        questions = Questions(lengths, segment, vocabulary.pad_id, name="questions")
        blocks = backbone.read(questions([asked[0], backbone.inputs[0]]))
    else:  # the text is the first segment, as to the other heads
        blocks = backbone.read_apart([asked, backbone.inputs], Joined(lengths, name="joined"), joint)
    return blocks, backbone.embed(asked[0])
