"""Layers that put queries before windows, as tokens or as vectors, and separate the results again."""

from collections.abc import Sequence
from typing import Any

from bert4ner.backend.frameworks import keras, tf


def _after_each(queries: Sequence[Any], windows: Any, padding: Any = 0) -> Any:
    """Every window, without its [CLS], after every query, padded on the right; the rows of one window are consecutive.

    Args:
        queries: of each label (tokens, …), including [CLS] and [SEP]; the number of tokens must be static.
        windows: (batch, length, …).
        padding: the value after the text of shorter queries.

    Returns:
        (batch * labels, longest query + length - 1, …).
    """
    text, longest = windows[:, 1:], max(query.shape[0] for query in queries)
    rows = []
    for query in queries:
        before = tf.repeat(query[None], tf.shape(text)[0], axis=0)
        after = tf.fill(tf.shape(text[:, :1]), tf.cast(padding, text.dtype))  # (batch, 1, …)
        rows.append(tf.concat([before, text, tf.repeat(after, longest - query.shape[0], axis=1)], axis=1))
    joined = tf.stack(rows, axis=1)  # (batch, labels, length, …)
    return tf.reshape(joined, tf.concat([[-1], tf.shape(joined)[2:]], axis=0))


class Queries(keras.layers.Layer):
    """Token ids and segment ids ``(labels, longest query + 1)`` of all queries alone; the input is ignored.

    Args:
        queries: token ids of each label's query, with [SEP] at the end.
        start: id of the [CLS] before them.
        segment: id of their segment.
        padding: the id of padding.
    """

    def __init__(self, queries: Sequence[Sequence[int]], start: int, segment: int = 1, padding: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.queries = [list(query) for query in queries]
        self.start, self.segment, self.padding = start, segment, padding

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Token ids and segment ids, both (labels, longest query + 1)."""
        longest = max(map(len, self.queries))
        rows = [[self.start, *query, *[self.padding] * (longest - len(query))] for query in self.queries]
        ids = tf.constant(rows, inputs.dtype)
        return ids, self.segment * tf.ones_like(ids)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        own = {"queries": self.queries, "start": self.start, "segment": self.segment, "padding": self.padding}
        return {**super().get_config(), **own}


class _ByLabel(keras.layers.Layer):
    """A layer that knows the length of each label's query.

    Args:
        lengths: number of tokens of each label's query, including [SEP].
    """

    def __init__(self, lengths: Sequence[int], **kwargs: Any):
        super().__init__(**kwargs)
        self.lengths = list(lengths)

    def unpadded(self, queries: Any) -> list[Any]:
        """From ``(labels, longest query + 1, …)``, each label's part without padding, with [CLS] and [SEP]."""
        return [queries[label, : length + 1] for label, length in enumerate(self.lengths)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lengths": self.lengths}


class Questions(_ByLabel):
    """Puts every query before every window: token ids and segment ids ``(batch * labels, longest query + length)``.

    The inputs are the token ids of `Queries` and of windows ``(batch, length)``. Rows of one window are consecutive.
    Padding stays on the right, so that the text begins where its own query ends.

    Args:
        lengths: number of tokens of each label's query, including [SEP].
        segment: id of the text's segment; that of the query is 0.
        padding: the id of padding.

    References:
        Li et al. 2020, A Unified MRC Framework for Named Entity Recognition.
    """

    def __init__(self, lengths: Sequence[int], segment: int = 1, padding: int = 0, **kwargs: Any):
        super().__init__(lengths, **kwargs)
        self.segment, self.padding = segment, padding

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Token ids and segment ids, both (batch * labels, longest query + length)."""
        queries, windows = inputs
        asked = self.unpadded(queries)
        first, second = [tf.zeros_like(query) for query in asked], self.segment * tf.ones_like(windows)
        return _after_each(asked, windows, self.padding), _after_each(first, second)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "segment": self.segment, "padding": self.padding}


class Joined(_ByLabel):
    """Puts every query before every window as vectors, as `Questions` does with token ids.

    Takes queries ``(labels, longest query + 1, width)`` and windows ``(batch, length, width)``; gives
    ``(batch * labels, longest query + length, width)`` and the mask of both.

    Args:
        lengths: number of tokens of each label's query, including [SEP].
    """

    def call(self, inputs: Any) -> Any:
        """Vectors (batch * labels, longest query + length, width)."""
        queries, windows = inputs
        return _after_each(self.unpadded(queries), windows)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the windows, with that of each query before it."""
        text = tf.ones(tf.shape(inputs[1])[:2], "bool") if mask is None or mask[1] is None else mask[1]
        return _after_each([tf.ones([length + 1], "bool") for length in self.lengths], text, False)


class Beside(_ByLabel):
    """Puts zeros for every query before the token features of windows, ``(batch, length, features)``.

    The output is ``(batch * labels, longest query + length, features)``, in the order of `Joined`.

    Args:
        lengths: number of tokens of each label's query, including [SEP].
    """

    def call(self, inputs: Any) -> Any:
        """Features (batch * labels, longest query + length, features)."""
        return _after_each([tf.zeros([length + 1, inputs.shape[-1]], inputs.dtype) for length in self.lengths], inputs)


class Answers(_ByLabel):
    """Separates windows from their queries: from (batch * labels, longest query + length, width).

    The output is ``(batch, labels, length, width)``. In the place of the window's [CLS] it has the mean of the vectors
    of the query's tokens, from a second input ``(labels, longest query + 1, …)``, cut or filled with zeros to the
    width: the head learns from it which label is queried. The mask ends here; heads know lengths from their targets.

    Args:
        lengths: number of tokens of each label's query, including [SEP].
    """

    def call(self, inputs: Any) -> Any:
        """Vectors (batch, labels, length, width), with the mean of the query's vectors in place of [CLS]."""
        read, asked = inputs
        length, width, labels = tf.shape(read)[1] - max(self.lengths), read.shape[-1], len(self.lengths)
        by_label = tf.reshape(read, [-1, labels, tf.shape(read)[1], width])
        missing = max(0, width - asked.shape[-1])
        asked = tf.pad(asked[..., :width], [[0, 0], [0, 0], [0, missing]])  # (labels, query, width)
        windows = []
        for label, query in enumerate(self.unpadded(asked)):
            text = by_label[:, label, query.shape[0] : query.shape[0] + length - 1]
            mean = tf.reduce_mean(query, axis=0)  # (width,)
            windows.append(tf.concat([tf.broadcast_to(mean, tf.shape(by_label[:, 0, :1])), text], axis=1))
        return tf.stack(windows, axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: heads take the mask of the windows."""
        return

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (batch, labels, length, width)."""
        rows, length, width = input_shape[0]
        longest, labels = max(self.lengths), len(self.lengths)
        return (rows and rows // labels, labels, length and length - longest, width)
