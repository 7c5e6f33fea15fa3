"""Peak learning rates of the parts of a network, and which are refused."""

from itertools import pairwise

import numpy as np
import pytest

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.backbone import encoder_parameters
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.train.crossval import train_model
from bert4ner.train.rates import auto_learning_rate, learning_rates


def encoder_of(layers, width):
    return EncoderConfig(
        family="bert",
        vocab_size=100,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=4 * width,
        hidden_act="gelu",
    )


def size(layers, width):
    return encoder_parameters(encoder_of(layers, width))


def test_the_automatic_rate_suits_the_sizes_that_people_use():
    assert auto_learning_rate(size(4, 256)) == pytest.approx(1e-3, rel=0.03)
    assert auto_learning_rate(size(12, 768)) == pytest.approx(2e-5, rel=0.03)
    assert 5e-6 <= auto_learning_rate(size(24, 1024)) < 1.5e-5
    assert auto_learning_rate(size(2, 16)) == 1e-3


def test_the_automatic_rate_never_rises_with_size():
    sizes = np.geomspace(1e3, 1e11, 400)
    rates = [auto_learning_rate(int(parameters)) for parameters in sizes]
    assert all(smaller >= larger for smaller, larger in pairwise(rates))
    assert 0.99 < auto_learning_rate(84_999_999) / auto_learning_rate(85_000_001) < 1.01
    assert min(rates) >= 5e-6


def test_automatic_rates_are_resolved_for_encoder_and_head():
    base = encoder_of(12, 768)
    assert learning_rates(Config(), base) == (pytest.approx(2e-5, rel=0.03), 2e-3, 2e-3, 2e-3)
    mini = encoder_of(4, 256)
    assert learning_rates(Config(), mini)[:2] == (pytest.approx(1e-3, rel=0.03), pytest.approx(1e-2, rel=0.03))
    for encoder, head in ((1e-6, 2e-3), (3e-4, 3e-3), (1e-3, 1e-2), (5e-3, 1e-2), (2e-2, 2e-2)):
        assert learning_rates(Config().replace(learning_rate=encoder), base)[:2] == (encoder, pytest.approx(head))
    assert learning_rates(Config().replace(learning_rate=1e-4, head_learning_rate=1e-5), base)[:2] == (1e-4, 1e-5)
    assert learning_rates(Config(), mini, 1) == learning_rates(Config(), mini)
    assert learning_rates(Config(), mini, 9)[:2] == (pytest.approx(1e-3, rel=0.03), pytest.approx(1e-2 / 3, rel=0.03))
    assert learning_rates(Config(), base, 4)[:2] == (pytest.approx(2e-5, rel=0.03), 1e-3)
    assert learning_rates(Config().replace(learning_rate=1e-4, head_learning_rate=1e-5), base, 9)[:2] == (1e-4, 1e-5)


def test_what_stands_on_the_encoder_has_the_head_s_rate_unless_reported_otherwise():
    config, base = Config().replace(learning_rate=1e-4, head_learning_rate=1e-3), encoder_of(12, 768)
    assert learning_rates(config, base) == (1e-4, 1e-3, 1e-3, 1e-3)
    assert learning_rates(config, base, 9) == (1e-4, 1e-3, 1e-3, 1e-3)
    assert learning_rates(config.replace(neck_learning_rate=2e-3), base) == (1e-4, 1e-3, 2e-3, 1e-3)
    assert learning_rates(config.replace(transition_learning_rate=1e-5), base, 9) == (1e-4, 1e-3, 1e-3, 1e-5)


def test_layers_that_are_one_have_no_rates_of_their_own(tiny_config, deep_encoder, documents, tmp_path):
    encoder = deep_encoder(model_type="albert", embedding_size=16)
    config = tiny_config(pretrained=str(encoder), layer_decay=0.9)
    with pytest.raises(
        ConfigError, match=r"layer_decay=0\.9: the layers of the family albert share their weights; leave it out"
    ):
        train_model(documents, config, output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neck_learning_rate": 1e-3}, r"neck_learning_rate=0\.001, but encoder=none: there is no neck"),
        (
            {"transition_learning_rate": 1e-3, "head": "softmax"},
            r"transition_learning_rate=0\.001, but the head 'softmax' has no transitions",
        ),
        ({"reinitialise_layers": 2}, "reinitialise_layers=2, but the encoder has 1 layers"),
    ],
)
def test_what_a_network_lacks_is_refused_before_a_folder_is_made(options, message, tiny_config, documents, tmp_path):
    with pytest.raises(ConfigError, match=message):
        train_model(documents, tiny_config(**options), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()
