"""Parts of networks that bert4keras lacks, against what their papers and transformers' code say."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.models.precision import policy
from bert4ner.networks.building import build_transformer
from bert4ner.networks.ernie import TaskEmbedding
from bert4ner.networks.roberta import TokenPositions

SIZES = {
    "vocab_size": 20,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 4,
    "hidden_act": "gelu",
    "max_position_embeddings": 12,
}


@pytest.mark.parametrize(
    ("pad_id", "positions"),
    [(1, [[2, 3, 1, 4, 1, 1], [2, 1, 1, 1, 1, 1]]), (0, [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]])],
)
def test_positions_are_counted_from_the_id_of_padding(pad_id, positions):
    ids = tf.constant([[0, 5, 1, 7, 1, 1], [2, 1, 1, 1, 1, 1]], "float32")
    assert TokenPositions(pad_id)(ids).numpy().tolist() == positions


def test_large_ids_are_not_rounded():
    with policy("bfloat16"):
        found = TokenPositions(250_000)(tf.constant([[250_001, 250_000, 249_999]], "float32"))
    assert found.numpy().tolist() == [[250_001, 250_000, 250_002]]


def test_the_first_task_is_added_to_every_token(rng):
    layer, states = TaskEmbedding(3), rng.normal(size=(2, 5, 8)).astype("float32")
    layer.build(states.shape)
    layer.set_weights([rng.normal(size=(3, 8))])
    np.testing.assert_allclose(layer(states), states + layer.get_weights()[0][0], atol=1e-6)
    again = TaskEmbedding.from_config(layer.get_config())
    again.build(states.shape)
    assert [weight.shape for weight in again.get_weights()] == [(3, 8)]


def test_distilbert_has_segments_that_are_not_read_and_may_begin_with_sinusoids():
    network = build_transformer("distilbert", {**SIZES, "sinusoidal_pos_embds": True})
    (table,) = network.layers["Embedding-Position"].get_weights()
    angles = np.arange(12)[:, None] / 10000 ** (np.arange(0, 8, 2) / 8)
    np.testing.assert_allclose(table[:, 0::2], np.sin(angles), atol=1e-5)
    np.testing.assert_allclose(table[:, 1::2], np.cos(angles), atol=1e-5)
    ids = np.array([[3, 4, 5]])
    assert np.array_equal(network.model([ids, ids * 0]), network.model([ids, ids * 0 + 1]))
    assert len(build_transformer("distilbert", SIZES, segment_vocab_size=0).model.inputs) == 1


def test_megatron_gives_the_normalized_states_of_its_last_block_alone():
    network = build_transformer("megatron_bert", {**SIZES, "num_hidden_layers": 2})
    assert [network.tap(block, "FeedForward-Norm") for block in range(2)] == [
        "Transformer-0-FeedForward-Add",
        "Encoder-Output-Norm",
    ]
    assert network.tap(1, "MultiHeadSelfAttention-Norm") == "Transformer-1-MultiHeadSelfAttention-Add"
    assert "Embedding-Norm" not in network.layers
