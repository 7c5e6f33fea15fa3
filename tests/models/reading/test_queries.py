"""Windows read after queries: what a head gets, what is counted for them, what is refused, what a folder holds."""

import json

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import CheckpointError, ConfigError, DataError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.models.reading.queries import QueryReading, resolve_joint_layers
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.train.batches import TrainingBatches

IDS = np.array([[3, 40, 41, 42, 4], [3, 50, 4, 0, 0]], "int32")


def make(tiny_config, **options):
    return NERModel.create(tiny_config(head="mrc", **{"head_size": 4, "joint_layers": 0, **options}), ["X", "Y"])


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "labels.tsv"
    path.write_text("X\t药丸\nY\t患者，孕妇\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("encoder", ["none", "bilstm", "idcnn"])
def test_features_are_those_of_an_encoder_that_reads_query_and_text(tiny_config, rng, encoder):
    asking = make(tiny_config, encoder=encoder, fusion="weighted")
    plain = NERModel.create(tiny_config(encoder=encoder, fusion="weighted"), ["X", "Y"])
    weights = {name: rng.normal(scale=0.1, size=value.shape) for name, value in plain.weights().items()}
    plain.set_weights(weights, where="here")
    own = {name: value for name, value in asking.weights().items() if name.startswith("head/")}
    kept = {name: value for name, value in weights.items() if not name.startswith("head/")}
    asking.set_weights({**kept, **own}, where="here")
    inside = [keras.Model(model.network.inputs, model.network.get_layer("head").input) for model in (asking, plain)]
    found = inside[0]([IDS, np.zeros_like(IDS)]).numpy()  # (batch, labels, length, width)
    assert asking.reading.token_ids == [[plain.vocabulary.ids[letter], 4] for letter in "xy"]
    for label, query in enumerate(asking.reading.token_ids):
        for row, length in enumerate((5, 3)):
            read = np.array([[3, *query, *IDS[row, 1:length]]], "int32")
            segments = np.array([[0] * 3 + [1] * (length - 1)], "int32")
            expected = inside[1]([read, segments]).numpy()[0]
            np.testing.assert_allclose(found[row, label, 1:length], expected[len(query) + 1 :], atol=1e-4)
            mean = asking.weights()["Embedding-Token/0.embeddings"][[3, *query]].mean(axis=0)
            np.testing.assert_allclose(found[row, label, 0], mean, atol=1e-4)


@pytest.mark.parametrize("joint", [0, 1])
def test_what_is_asked_is_not_dropped(tiny_config, joint):
    model = make(tiny_config, joint_layers=joint, encoder_dropout=0.5)
    inside = keras.Model(model.network.inputs, model.network.get_layer("head").input)
    one, other = (inside([IDS, np.zeros_like(IDS)], training=True).numpy() for _ in range(2))
    assert np.array_equal(one[:, :, 0], other[:, :, 0]) and not np.allclose(one[:, :, 1:], other[:, :, 1:], atol=0.1)


def encoder(layers, family="bert"):
    """The configuration of an encoder of so many layers."""
    return EncoderConfig(
        family=family,
        vocab_size=10,
        hidden_size=4,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=8,
        hidden_act="gelu",
    )


@pytest.mark.parametrize(
    ("options", "layers", "expected"),
    [
        ({}, 4, 1),
        ({}, 12, 3),
        ({}, 5, 2),
        ({}, 1, 1),
        ({"joint_layers": 0}, 12, 12),
        ({"joint_layers": 7}, 12, 7),
        ({"fusion": "mean"}, 12, 4),
        ({"fusion": "mean", "fusion_layers": 2}, 12, 3),
    ],
)
def test_a_quarter_of_the_layers_is_joint_unless_more_is_needed(options, layers, expected):
    assert resolve_joint_layers(Config().replace(**options), encoder(layers)) == expected


@pytest.mark.parametrize(
    ("options", "family", "message"),
    [
        ({"joint_layers": 5}, "bert", "joint_layers=5, but the encoder has 4 layers; lower --joint-layers"),
        (
            {"joint_layers": 2, "fusion": "mean", "fusion_layers": 3},
            "bert",
            "fusion_layers=3, but only the last joint_layers=2 read text and query together; "
            "lower --fusion-layers or raise",
        ),
        ({"joint_layers": 3}, "xlnet", "layers of the family xlnet cannot read text and query apart"),
    ],
)
def test_layers_that_cannot_be_joint_are_refused(options, family, message):
    with pytest.raises(ConfigError, match=message):
        resolve_joint_layers(Config().replace(**options), encoder(4, family))


def test_windows_leave_room_for_the_longest_query(tiny_config, described, rng):
    model = make(tiny_config, max_length=64, label_descriptions=str(described))
    assert model.reading.reserved == 6 and model.windows.max_length == 58
    assert NERModel.create(tiny_config(max_length=64), ["X", "Y"]).windows == model.config.windows
    text = "".join(rng.choice(list("本品用于气血两亏，"), size=200))
    (found,) = predict_documents([model], [Document("d", text)])  # the encoder has 64 positions
    assert found.text == text


def test_batches_are_divided_by_what_the_encoder_reads(tiny_config, rng, monkeypatch):
    model = make(tiny_config, batch_tokens=512)
    documents = [Document(f"d{n}", "本品用于头晕" * n, (Entity(4, 6, "X"),)) for n in range(1, 30)]
    batches = TrainingBatches(documents, model)
    read = [len(windows) * model.encoder_tokens(batches.batch(windows)[0][0].shape[1]) for windows in batches.plan(0)]
    assert 256 < max(read) <= 512 and len(batches) == len(batches.plan(1))
    shapes = []
    monkeypatch.setattr(
        NERModel,
        "outputs",
        lambda self, ids: (
            shapes.append(ids.shape) or np.full((len(ids), 2, ids.shape[1] + 1, ids.shape[1] - 1), -1.0, "float32")
        ),
    )
    list(predict_documents([model], documents, batch_tokens=512))
    assert 256 < max(count * model.encoder_tokens(length) for count, length in shapes) <= 512


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"batch_tokens": 95},
            "batch_tokens=95: with 2 labels this head has the encoder read 96 tokens for a window of "
            "max_length=48; raise --batch-tokens or lower --max-length",
        ),
        ({"max_length": 23, "overlap": 8}, "has 6 tokens and leaves 17 of max_length=23 for text, expected 18 or more"),
    ],
)
def test_a_window_that_holds_too_little_or_too_much_is_refused(tiny_config, described, options, message):
    with pytest.raises(ConfigError, match=message):
        make(tiny_config, label_descriptions=str(described), **options)


def test_queries_that_are_the_same_to_the_encoder_are_refused(tiny_config, tmp_path):
    path = tmp_path / "labels.toml"
    path.write_text('X = "魑"\nY = "魅"\n', encoding="utf-8")  # both unknown
    with pytest.raises(ConfigError, match="the queries '魑' and '魅' have the same tokens"):
        make(tiny_config, label_descriptions=str(path))


def test_a_model_folder_holds_its_queries(tiny_config, described, tmp_path):
    model = make(tiny_config, label_descriptions=str(described))
    model.save(tmp_path / "model")
    described.unlink()
    loaded = NERModel.load(tmp_path / "model")
    assert loaded.reading.queries == model.reading.queries == ("药丸", "患者，孕妇")
    assert np.array_equal(loaded.outputs(IDS), model.outputs(IDS))
    with pytest.raises(RunError, match="models cannot be averaged: their queries differ"):
        NamedEntityRecognizer([model, make(tiny_config)])
    config = tmp_path / "model" / "config.json"
    config.with_name("manifest.json").unlink()
    for broken in ({"X": "a"}, {"X": "a", "Y": 3}, None):
        config.write_text(json.dumps({**json.loads(config.read_text(encoding="utf-8")), "queries": broken}), "utf-8")
        with pytest.raises(CheckpointError, match="expected queries to hold one text for each label"):
            NERModel.load(tmp_path / "model")


def test_a_model_of_before_joint_layers_reads_all_together(tiny_config, described, tmp_path):
    model = make(tiny_config, label_descriptions=str(described))
    model.save(tmp_path)
    (tmp_path / "manifest.json").unlink()  # there were none
    path = tmp_path / "config.json"
    saved = json.loads(path.read_text(encoding="utf-8"))
    del saved["config"]["format"]
    assert saved["config"]["spans"].pop("joint_layers") == 0
    path.write_text(json.dumps(saved), encoding="utf-8")
    loaded = NERModel.load(tmp_path)
    assert loaded.config == model.config and np.array_equal(loaded.outputs(IDS), model.outputs(IDS))
    apart = make(tiny_config, label_descriptions=str(described), joint_layers="auto")
    apart.set_weights(model.weights(), where="here")  # the same weights, read otherwise
    assert apart.reading.passes == 1.5 and not np.allclose(apart.outputs(IDS), model.outputs(IDS), atol=1e-3)


def test_descriptions_must_fit_the_labels(tiny_config, described):
    with pytest.raises(DataError, match=r"labels\.tsv: no description of Z"):
        NERModel.create(tiny_config(head="mrc", label_descriptions=str(described)), ["X", "Y", "Z"])
    with pytest.raises(DataError, match=r"labels\.tsv: describes 'Y'; the labels of the data are X"):
        NERModel.create(tiny_config(head="mrc", label_descriptions=str(described)), ["X"])


def test_windows_are_counted_once_for_each_label_with_the_longest_query(tiny_config, described):
    model = make(tiny_config, label_descriptions=str(described))
    reading = model.reading
    assert isinstance(reading, QueryReading) and (reading.passes, reading.joint) == (2.0, 2)
    assert reading.reserved == 6 and reading.encoder_tokens(10) == model.encoder_tokens(10) == 2 * 16
    apart = make(tiny_config, label_descriptions=str(described), joint_layers=1).reading
    assert (apart.passes, apart.joint) == (1.5, 1)
    assert apart.encoder_tokens(10) == 21  # half of the layers 10, half of them 2 * 16


def test_the_folder_says_what_was_asked_of_each_label(tiny_config, described, tmp_path):
    model = make(tiny_config, label_descriptions=str(described))
    model.save(tmp_path)
    saved = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert saved["queries"] == model.reading.to_dict()["queries"] == {"X": "药丸", "Y": "患者，孕妇"}
