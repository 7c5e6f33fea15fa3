"""Compiled networks on the tiny encoder, for modifiers that move its embeddings or compare what it gives."""

import pytest

from bert4ner.models.ner_model import NERModel
from tests.train.moved_tables import LABELS, compiled


@pytest.fixture
def network_with(tiny_config, tiny_encoder):
    """Makes a network of two layers, without dropout unless asked for; its random weights are large."""

    def make(**options):
        quiet = {"pretrained": str(tiny_encoder), "head": "softmax", "head_dropout": 0.0, "encoder_dropout": 0.0}
        return compiled(NERModel.create(tiny_config(**{**quiet, **options}), LABELS))

    return make


@pytest.fixture
def small_network(network_with, one_layer):
    """The same, of one layer."""
    return lambda **options: network_with(pretrained=str(one_layer), **options)
