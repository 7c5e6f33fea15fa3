"""Every way to put a network together: it builds, trains, saves and loads; padding and neighbours change nothing."""

import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.config import Config
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.ner_model import NERModel, build_model
from bert4ner.text.token_spans import TokenSpan

HEADS, TAPS = ["crf", "softmax"], ["feed_forward", "attention"]
ENCODERS, FUSIONS = ["none", "bilstm", "cnn", "idcnn"], ["last", "mean", "weighted", "concat"]
# Every encoder with every fusion, each of them with every head and every tap, and those with one another.
COMBINATIONS = [
    (HEADS[(i + j) % 2], encoder, fusion, TAPS[(i + j // 2) % 2])
    for i, encoder in enumerate(ENCODERS)
    for j, fusion in enumerate(FUSIONS)
]
IDS = np.array([[3, 40, 41, 42, 43, 4], [3, 50, 51, 4, 0, 0]], "int32")
LENGTHS = np.array([4, 2])


def test_the_combinations_below_hold_every_pair():
    options = [HEADS, ENCODERS, FUSIONS, TAPS]
    for (one, first), (other, second) in itertools.combinations(enumerate(options), 2):
        found = {(combination[one], combination[other]) for combination in COMBINATIONS}
        assert found == set(itertools.product(first, second))


@pytest.mark.parametrize(("head", "encoder", "fusion", "tap"), COMBINATIONS, ids=lambda words: words)
def test_a_network_builds_trains_saves_and_loads(tiny_config, tmp_path, head, encoder, fusion, tap):
    config = tiny_config(head=head, encoder=encoder, fusion=fusion, tap=tap)
    model = NERModel.create(config, ["X", "Y"])
    names = [variable.name for variable in model.network.variables]
    assert len(set(names)) == len(names), names  # optimizers know variables by name
    on_top = {"head", *(["encoder"] if encoder != "none" else []), *(["fusion"] if fusion == "weighted" else [])}
    assert {name.partition("/")[0] for name in model.head_variables()} == on_top
    before = {variable.name: variable.numpy() for variable in model.network.trainable_variables}
    model.network.compile(optimizer=keras.optimizers.SGD(0.1), loss=model.head.loss, run_eagerly=True)
    targets = model.head.targets([[TokenSpan(0, 2, "X")], [TokenSpan(0, 1, "Y")]], LENGTHS, 5)
    loss = model.network.train_on_batch([IDS, np.zeros_like(IDS)], targets)
    assert 0 < loss < 20
    still = [
        variable.name
        for variable in model.network.trainable_variables
        if np.array_equal(variable.numpy(), before[variable.name])
    ]
    assert still == []
    model.save(tmp_path / "model")
    loaded = NERModel.load(tmp_path / "model")
    assert (loaded.config, loaded.labels) == (config, ("X", "Y"))
    one, other = (
        network([IDS, np.zeros_like(IDS)], training=False).numpy() for network in (model.network, loaded.network)
    )
    assert np.array_equal(one, other) and one.shape == (2, 6, 7)


def make(tiny_config, **options):
    """A model whose random weights are large enough that what a token gives depends on all others."""
    model = NERModel.create(tiny_config(**options), ["X", "Y"])
    rng = np.random.default_rng(1)
    scale = {"idcnn": 0.1}.get(model.config.model.encoder, 0.3)
    values = {
        name: rng.normal(scale=scale, size=value.shape) + name.endswith("gamma")
        for name, value in model.weights().items()
    }
    model.set_weights(values, where="here")
    return model


@pytest.mark.parametrize("encoder", ENCODERS)
def test_outputs_depend_neither_on_padding_nor_on_neighbours_nor_on_order(tiny_config, rng, encoder):
    model = make(tiny_config, encoder=encoder, fusion="weighted")
    lengths = [9, 3, 17, 30, 12]
    rows = [np.concatenate([[3], rng.integers(6, 107, size=length - 2), [4]]) for length in lengths]

    def padded(chosen, width):
        return np.array([np.pad(rows[row], (0, width - lengths[row])) for row in chosen], "int32")

    alone = [model.outputs(padded([row], lengths[row]))[0] for row in range(5)]
    scale = max(np.abs(row).max() for row in alone)
    for order, width in (((0, 1, 2, 3, 4), 30), ((4, 2, 0, 3, 1), 48), ((1,), 48), ((1, 1, 3), 31)):
        together = model.outputs(padded(order, width))
        for found, row in zip(together, order, strict=True):
            np.testing.assert_allclose(found[: lengths[row] - 1], alone[row], atol=1e-5 * max(1, scale))
    changed = padded([3], 30)
    changed[0, 15] = 6 if changed[0, 15] != 6 else 7
    assert np.abs(model.outputs(changed)[0] - alone[3])[13].max() > 1e-3 * scale  # the test would see it


@pytest.mark.parametrize("tap", TAPS)
def test_the_tap_decides_what_is_built_on(tiny_config, tap):
    network = NERModel.create(tiny_config(tap=tap), ["X"]).network
    has_last_feed_forward = any(layer.name == "Transformer-1-FeedForward" for layer in network.layers)
    assert has_last_feed_forward is (tap == "feed_forward")


def test_weights_come_from_the_checkpoint(tiny_config, tiny_checkpoint):
    network = build_model(tiny_config(pretrained=str(tiny_checkpoint)), ["X"])
    other = build_model(tiny_config(), ["X"])
    names = ["Embedding-Token", "Transformer-1-FeedForward-Norm"]
    for name in names:
        given, random = (model.get_layer(name).get_weights()[0] for model in (network, other))
        assert given.std() == pytest.approx(0.4, rel=0.3) and random.std() < 0.05


def test_the_last_layers_begin_anew_as_the_seed_says(tiny_config, tiny_checkpoint):
    def values(**options):
        return NERModel.create(tiny_config(pretrained=str(tiny_checkpoint), **options), ["X"]).weights()

    random = NERModel.create(tiny_config(), ["X"]).weights()
    loaded, fresh, all_fresh = values(), values(reinitialise_layers=1), values(reinitialise_layers=2)
    for name in loaded:
        assert np.array_equal(fresh[name], (random if name.startswith("Transformer-1-") else loaded)[name]), name
        assert np.array_equal(all_fresh[name], (random if name.startswith("Transformer-") else loaded)[name]), name
    changed = [name for name in loaded if not np.array_equal(fresh[name], loaded[name])]
    assert any("FeedForward" in name for name in changed) and any("Attention" in name for name in changed)


def test_labels_are_sorted_and_each_counts_once(tiny_config):
    head = build_model(tiny_config(), ["Y", "X", "Y"]).get_layer("head")
    assert head.labels == ["X", "Y"] and len(head.tagset) == 7


@pytest.mark.parametrize(("precision", "compute"), [("bfloat16", "bfloat16"), ("float32", "float32")])
def test_precision_is_that_of_the_encoder_but_not_of_the_head(tiny_config, precision, compute):
    before = keras.mixed_precision.global_policy().name
    network = build_model(tiny_config(precision=precision), ["X"])
    assert network.get_layer("Transformer-1-FeedForward").compute_dtype == compute
    assert network.get_layer("head").compute_dtype == network.output.dtype.name == "float32"
    assert {weight.dtype.name for weight in network.weights} == {"float32"}
    assert keras.mixed_precision.global_policy().name == before


def test_the_seed_decides_the_weights(tiny_config):
    models = [NERModel.create(tiny_config(seed=seed, encoder="cnn"), ["X"]).weights() for seed in (1, 1, 2)]
    for name, value in models[0].items():
        assert np.array_equal(value, models[1][name])
    assert not np.array_equal(models[0]["Embedding-Token/0.embeddings"], models[2]["Embedding-Token/0.embeddings"])


def test_the_folder_is_read_once(tiny_config, caplog):
    NERModel.create(tiny_config(), ["X"])
    assert [record.levelname for record in caplog.records] == ["WARNING"]  # random weights, said once


def test_a_network_knows_the_model_that_it_is_part_of(tiny_config, tmp_path):
    network = build_model(tiny_config(), ["X"])
    model = NERModel.of(network)
    assert (model.network, model.config, model.labels) == (network, tiny_config(), ("X",))
    model.save(tmp_path / "model")
    loaded = NERModel.load(tmp_path / "model")
    assert NERModel.of(loaded.network) is loaded
    with pytest.raises(ConfigError, match=r"expected a network made by bert4ner\.build_model, got Sequential"):
        NERModel.of(keras.Sequential())


@pytest.mark.parametrize("make", [build_model, NERModel.create])
def test_what_no_network_can_be_built_of(tiny_config, tmp_path, make):
    with pytest.raises(ConfigError, match="no pretrained encoder: --pretrained DIR, or --pretrained tcm-mini"):
        make(Config(), ["X"])
    with pytest.raises(CheckpointError, match="no such folder"):
        make(tiny_config(pretrained=str(tmp_path / "nothing")), ["X"])
    with pytest.raises(ConfigError, match="no labels: the documents contain no entity"):
        make(tiny_config(), [])
    with pytest.raises(ConfigError, match="max_length=128, but the encoder has 64 positions"):
        make(tiny_config(max_length=128), ["X"])
