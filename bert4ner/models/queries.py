"""What the encoder reads before a window on behalf of each label, and the two layers that have it do so.

A head that asks gets every window read once for each label: [CLS] query [SEP] text [SEP], segment 0 up to the first
[SEP], 1 after it. The network's inputs stay token ids and segment ids of windows; outside of it only two numbers tell
of queries: how much shorter windows are, and how many more tokens the encoder reads.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from bert4ner.compat.frameworks import keras, tf
from bert4ner.config import Config, WindowConfig
from bert4ner.data.descriptions import read_descriptions
from bert4ner.errors import ConfigError
from bert4ner.text.tokenizer import Vocabulary, make_tokenizer

_LEAST_WINDOW = 8               # tokens, as the option max_length has it


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
        ConfigError: two queries are the same to the encoder, or one leaves no room for text within `max_length`.
    """
    tokenizer = make_tokenizer(windows.tokens, vocabulary)
    encoded = [[*encoding.ids.tolist(), vocabulary.sep_id] for encoding in tokenizer.encode_all(queries)]
    for (one, first), (other, second) in combinations(zip(queries, encoded, strict=True), 2):
        if first == second:
            raise ConfigError(
                f"the queries {one!r} and {other!r} are the same tokens, their labels could not be told apart; "
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


class Questions(keras.layers.Layer):
    """Puts every query before every window: token ids (batch, length) in, token and segment ids out.

    Both outputs are ``(batch * labels, longest query + length)``, the labels of one window side by side; padding stays
    on the right, so that text begins where its own query ends.

    Args:
        queries: token ids of each label's query, [SEP] at the end.
        segment: id of the text's segment; that of the query is 0.
        padding: the token id that means none.

    References:
        Li et al. 2020, A Unified MRC Framework for Named Entity Recognition.
    """

    def __init__(self, queries: Sequence[Sequence[int]], segment: int = 1, padding: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.queries = [list(query) for query in queries]
        self.segment, self.padding = segment, padding

    def call(self, inputs: Any) -> tuple[Any, Any]:
        batch, longest = tf.shape(inputs)[0], max(map(len, self.queries))
        ids, segments = [], []
        for query in self.queries:
            asked = tf.tile(tf.constant([query], inputs.dtype), [batch, 1])                # (batch, query)
            after = tf.fill([batch, longest - len(query)], tf.cast(self.padding, inputs.dtype))
            text = inputs[:, 1:]                                                           # (batch, length - 1)
            ids.append(tf.concat([inputs[:, :1], asked, text, after], axis=1))
            first, last = (tf.zeros_like(part) for part in (tf.concat([inputs[:, :1], asked], axis=1), after))
            parts = [first, tf.fill(tf.shape(text), self.segment), last]
            segments.append(tf.concat([tf.cast(part, inputs.dtype) for part in parts], axis=1))
        width = longest + tf.shape(inputs)[1]
        return tuple(tf.reshape(tf.stack(rows, axis=1), [-1, width]) for rows in (ids, segments))  # type: ignore

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "queries": self.queries, "segment": self.segment, "padding": self.padding}


class Answers(keras.layers.Layer):
    """Takes what was read apart again: (batch * labels, longest query + length, width) becomes that of windows.

    The output is ``(batch, labels, length, width)``. In place of the window's [CLS] stands the mean over [CLS], query
    and [SEP], for a head to know what was asked. The mask ends here; heads know the lengths of windows from their
    targets.

    Args:
        lengths: tokens of each label's query, [SEP] counted.
    """

    def __init__(self, lengths: Sequence[int], **kwargs: Any):
        super().__init__(**kwargs)
        self.lengths = list(lengths)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        shape, labels = tf.shape(inputs), len(self.lengths)
        by_label = tf.reshape(inputs, [-1, labels, shape[1], inputs.shape[-1]])
        width = shape[1] - max(self.lengths)
        windows = []
        for label, length in enumerate(self.lengths):
            query, text = by_label[:, label, : length + 1], by_label[:, label, length + 1 : length + width]
            windows.append(tf.concat([tf.reduce_mean(query, axis=1, keepdims=True), text], axis=1))
        return tf.stack(windows, axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        rows, length, width = input_shape
        longest, labels = max(self.lengths), len(self.lengths)
        return (rows and rows // labels, labels, length and length - longest, width)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lengths": self.lengths}
