"""Queries before windows: the rows that an encoder reads, and what comes back."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.models.reading.query_layers import Answers, Joined, Queries, Questions

QUERIES = [[60, 4], [70, 71, 72, 4]]  # [SEP] at the end
LENGTHS = [len(query) for query in QUERIES]
IDS = np.array([[3, 40, 41, 42, 4], [3, 50, 4, 0, 0]], "int32")


def asked():
    """Token ids and segment ids of IDS after each of QUERIES."""
    return Questions(LENGTHS)([Queries(QUERIES, start=3)(tf.constant(IDS))[0], tf.constant(IDS)])


def test_every_window_is_read_after_every_query():
    ids, segments = asked()
    assert ids.numpy().tolist() == [
        [3, 60, 4, 40, 41, 42, 4, 0, 0],
        [3, 70, 71, 72, 4, 40, 41, 42, 4],
        [3, 60, 4, 50, 4, 0, 0, 0, 0],
        [3, 70, 71, 72, 4, 50, 4, 0, 0],
    ]
    text = segments.numpy()[0] == 1, segments.numpy()[1] == 1
    assert ids.numpy()[0][text[0]].tolist()[:4] == ids.numpy()[1][text[1]].tolist() == [40, 41, 42, 4]
    layer = Questions(LENGTHS, segment=0)
    assert not layer([Queries(QUERIES, start=3)(tf.constant(IDS))[0], tf.constant(IDS)])[1].numpy().any()
    assert Questions.from_config(layer.get_config()).get_config() == layer.get_config()


def test_answers_are_the_windows_again():
    ids, _ = asked()
    queries, _ = Queries(QUERIES, start=3)(tf.constant(IDS))
    read = tf.cast(ids, "float32")[..., None] * [1.0, 10.0]  # (batch * labels, length, 2)
    layer = Answers(LENGTHS)
    assert layer.compute_output_shape([(4, 9, 2), (2, 5, 1)]) == (2, 2, 5, 2)
    for factors in ([1.0], [1.0, 2.0], [1.0, 2.0, 3.0]):  # narrower, as wide, wider
        found = layer([read, tf.cast(queries, "float32")[..., None] * factors]).numpy()
        assert found.shape == (2, 2, 5, 2)
        for label in range(2):
            assert found[:, label, 1:, 0].tolist() == IDS[:, 1:].tolist()
            mean = np.mean([3, *QUERIES[label]])
            assert found[0, label, 0] == pytest.approx([mean, 2 * mean if len(factors) > 1 else 0])
            assert found[1, label, 0].tolist() == found[0, label, 0].tolist()
    assert Answers.from_config(layer.get_config()).get_config() == layer.get_config()


def test_vectors_of_queries_and_windows_are_put_as_their_tokens_are():
    queries, _ = Queries(QUERIES, start=3)(tf.constant(IDS))
    assert queries.numpy().tolist() == [[3, 60, 4, 0, 0], [3, 70, 71, 72, 4]]
    layer = Joined(LENGTHS)
    vectors = [tf.cast(ids, "float32")[..., None] for ids in (queries, IDS)]
    joined = layer(vectors).numpy()[..., 0]
    assert np.array_equal(joined, asked()[0])
    assert np.array_equal(layer.compute_mask(vectors, [None, tf.constant(IDS > 0)]), joined > 0)
    for each in (layer, Queries(QUERIES, start=3)):
        assert type(each).from_config(each.get_config()).get_config() == each.get_config()
