"""The encoder reads every window once for each label, after a query for it.

The encoder's last layers read text and query together; the layers below read each alone, once. If all layers read them
together, the input is [CLS] query [SEP] text [SEP], with segment 0 up to the first [SEP] and segment 1 after it. The
network's inputs are still token ids and segment ids of windows; other modules see queries only through `Reading`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, final

from bert4ner.config import Config, WindowConfig
from bert4ner.data.descriptions import read_descriptions
from bert4ner.errors import CheckpointError, ConfigError, shown
from bert4ner.models.backbone import Backbone
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.pretrained import EncoderConfig, get_family
from bert4ner.models.reading.query_layers import Answers, Beside, Joined, Queries, Questions
from bert4ner.models.reading.reading import Reading
from bert4ner.text.tokenizer import make_tokenizer
from bert4ner.text.vocabulary import Vocabulary

_QUESTIONS = "questions"  # the layer that makes token ids of queries and windows
_LEAST_WINDOW = 8  # tokens, the minimum of the option max_length


@final
class QueryReading(Reading):
    """Reads every window once per label: features (batch, labels, length, width), first of the query, then of the text.

    Args:
        queries: the query of each label, in the order of labels.
        blueprint: says how many of the encoder's last layers read text and query together.

    Attributes:
        queries: as given.
        token_ids: of each query, with [SEP] at the end.
        joint: number of the encoder's last layers that read text and query together.

    Raises:
        ConfigError: queries or joint layers do not fit the windows, the encoder or each other.

    References:
        Li et al. 2020, A Unified MRC Framework for Named Entity Recognition; Cao et al. 2020, DeFormer: Decomposing
        Pre-trained Transformers for Faster Question Answering.
    """

    joined = (_QUESTIONS,)
    keeps = ("queries",)

    def __init__(self, queries: Sequence[str], blueprint: Blueprint) -> None:
        layers = blueprint.encoder_config.num_hidden_layers
        self.queries, self._labels, self._vocabulary = tuple(queries), blueprint.labels, blueprint.vocabulary
        self.token_ids = encode_queries(self.queries, self._vocabulary, blueprint.config.windows)
        self.joint = resolve_joint_layers(blueprint.config, blueprint.encoder_config)
        self._together = self.joint == layers
        self._share = self.joint / layers
        self.passes = self._share * len(self._labels) + (1 - self._share)
        self.reserved = max(map(len, self.token_ids))

    @classmethod
    def open(cls, blueprint: Blueprint) -> "QueryReading":
        """Reads the queries of all labels, after checking the configuration's joint layers."""
        resolve_joint_layers(blueprint.config, blueprint.encoder_config)  # reported before any file is read
        return cls(read_queries(blueprint.config, blueprint.labels), blueprint)

    @classmethod
    def from_dict(cls, described: Mapping[str, Any], blueprint: Blueprint, *, where: str) -> "QueryReading":
        """The queries from a model folder; CheckpointError unless there is one for each label."""
        queries: Any = described.get("queries")
        words = isinstance(queries, dict) and all(isinstance(query, str) for query in queries.values())
        if not words or tuple(queries) != blueprint.labels:
            raise CheckpointError(f"{where}: expected queries to hold one text for each label, found {shown(queries)}")
        return cls(tuple(queries.values()), blueprint)

    def to_dict(self) -> dict[str, Any]:
        """The query of every label."""
        return {"queries": dict(zip(self._labels, self.queries, strict=True))}

    def encoder_tokens(self, length: int) -> int:
        """The number of tokens if joint layers read a window once per label, after the longest query."""
        return math.ceil(self.passes * length + self._share * len(self._labels) * self.reserved)

    def beside(self, said: Any) -> Any:
        """`said` repeated for every label, after zeros for the query: (batch * labels, longest query + length, …)."""
        return Beside([len(query) for query in self.token_ids], name="beside")(said)

    def features(self, backbone: Backbone, top: Callable[[list[Any]], Any]) -> Any:
        """Reads every window after every query: (batch, labels, length, width)."""
        ids, lengths = self._vocabulary, [len(query) for query in self.token_ids]
        segment = min(1, (backbone.config.type_vocab_size or 2) - 1)
        asked = Queries(self.token_ids, ids.cls_id, segment, ids.pad_id, name="queries")(backbone.inputs[0])
        if self._together:
            questions = Questions(lengths, segment, ids.pad_id, name=_QUESTIONS)
            blocks = backbone.read(questions([asked[0], backbone.inputs[0]]))
        else:  # the text is the first segment, as for other heads
            blocks = backbone.read_apart([asked, backbone.inputs], Joined(lengths, name="joined"), self.joint)
        vectors = backbone.embed(asked[0])
        return Answers(lengths, name="answers")([top(blocks), vectors])


def read_queries(config: Config, labels: Sequence[str]) -> tuple[str, ...]:
    """A query for each of the sorted labels: its description in the file that `config` names, or else its own name.

    Raises:
        DataError: see `read_descriptions`.
    """
    labels = sorted(set(labels))
    if not config.spans.label_descriptions:
        return tuple(labels)
    return tuple(read_descriptions(config.spans.label_descriptions, labels).values())


def encode_queries(queries: Sequence[str], vocabulary: Vocabulary, windows: WindowConfig) -> list[list[int]]:
    """Token ids of each query, [SEP] at the end.

    Raises:
        ConfigError: two queries have the same tokens, or one leaves no room for text within `max_length`.
    """
    tokenizer = make_tokenizer(windows.tokens, vocabulary)
    encoded = [[*encoding.ids.tolist(), vocabulary.sep_id] for encoding in tokenizer.encode_all(queries)]
    for (one, first), (other, second) in combinations(zip(queries, encoded, strict=True), 2):
        if first == second:
            raise ConfigError(
                f"the queries {one!r} and {other!r} have the same tokens, so their labels cannot be distinguished; "
                "describe them with --label-descriptions FILE"
            )
    length, query = max((len(ids), query) for ids, query in zip(encoded, queries, strict=True))
    least = max(_LEAST_WINDOW, 2 * windows.overlap + 2)
    if windows.max_length - length < least:
        raise ConfigError(
            f"the query {query!r} has {length} tokens and leaves {max(0, windows.max_length - length)} of "
            f"max_length={windows.max_length} for text, expected {least} or more with overlap={windows.overlap}; "
            "shorten the description, raise --max-length or lower --overlap"
        )
    return encoded


def resolve_joint_layers(config: Config, encoder_config: EncoderConfig) -> int:
    """Number of the encoder's last layers that read text and query together, with `auto` and 0 resolved.

    `auto` is a quarter of the layers, or more if more are fused, or all if the family requires it.

    Raises:
        ConfigError: the encoder has fewer layers, more layers are fused, or its family cannot read inputs separately.
    """
    layers, asked = encoder_config.num_hidden_layers, config.spans.joint_layers
    fused = min(config.model.fused, layers)  # `check_size` refuses a larger number
    family = get_family(encoder_config.family, where="the encoder's configuration")
    if asked == "auto":
        asked = max(math.ceil(layers / 4), fused) if family.apart else layers
    joint = int(asked)
    if joint > layers:
        raise ConfigError(f"joint_layers={joint}, but the encoder has {layers} layers; lower --joint-layers")
    joint = joint or layers
    if joint < fused:
        raise ConfigError(
            f"fusion_layers={fused}, but only the last joint_layers={joint} read text and query together; lower "
            "--fusion-layers or raise --joint-layers"
        )
    if joint < layers and not family.apart:
        raise ConfigError(
            f"joint_layers={joint}: layers of the family {family.name} cannot read text and query apart; leave out "
            "--joint-layers"
        )
    return joint
