"""Queries before windows: the rows that an encoder reads, what comes back, and what is refused or counted for them."""

import json

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import CheckpointError, ConfigError, DataError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.models.queries import Answers, Joined, Queries, Questions, resolve_joint_layers
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.train.batches import TrainingBatches

QUERIES = [[60, 4], [70, 71, 72, 4]]  # [SEP] at the end
LENGTHS = [len(query) for query in QUERIES]
IDS = np.array([[3, 40, 41, 42, 4], [3, 50, 4, 0, 0]], "int32")


def make(tiny_config, **options):
    return NERModel.create(tiny_config(head="mrc", **{"head_size": 4, "joint_layers": 0, **options}), ["X", "Y"])


def asked():
    """Token ids and segment ids of IDS after each of QUERIES."""
    return Questions(LENGTHS)([Queries(QUERIES, start=3)(tf.constant(IDS))[0], tf.constant(IDS)])


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "labels.tsv"
    path.write_text("X\t药丸\nY\t患者，孕妇\n", encoding="utf-8")
    return path


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


def test_answers_are_the_windows_again(check_layer):
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


@pytest.mark.parametrize("encoder", ["none", "bilstm", "idcnn"])
def test_features_are_those_of_an_encoder_that_reads_query_and_text(tiny_config, rng, encoder):
    asking = make(tiny_config, encoder=encoder, fusion="weighted")
    plain = NERModel.create(tiny_config(encoder=encoder, fusion="weighted"), ["X", "Y"])
    weights = {name: rng.normal(scale=0.3, size=value.shape) for name, value in plain.weights().items()}
    plain.set_weights(weights, where="here")
    own = {name: value for name, value in asking.weights().items() if name.startswith("head/")}
    kept = {name: value for name, value in weights.items() if not name.startswith("head/")}
    asking.set_weights({**kept, **own}, where="here")
    inside = [keras.Model(model.network.inputs, model.network.get_layer("head").input) for model in (asking, plain)]
    found = inside[0]([IDS, np.zeros_like(IDS)]).numpy()  # (batch, labels, length, width)
    assert asking.head.queries == [[plain.vocabulary.ids[letter], 4] for letter in "xy"]
    for label, query in enumerate(asking.head.queries):
        for row, length in enumerate((5, 3)):
            read = np.array([[3, *query, *IDS[row, 1:length]]], "int32")
            segments = np.array([[0] * 3 + [1] * (length - 1)], "int32")
            expected = inside[1]([read, segments]).numpy()[0]
            np.testing.assert_allclose(found[row, label, 1:length], expected[len(query) + 1 :], atol=1e-4)
            mean = asking.weights()["Embedding-Token/0.embeddings"][[3, *query]].mean(axis=0)
            np.testing.assert_allclose(found[row, label, 0], mean, atol=1e-4)


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


@pytest.mark.parametrize("joint", [0, 1])
def test_what_is_asked_is_not_dropped(tiny_config, joint):
    model = make(tiny_config, joint_layers=joint, encoder_dropout=0.5)
    inside = keras.Model(model.network.inputs, model.network.get_layer("head").input)
    one, other = (inside([IDS, np.zeros_like(IDS)], training=True).numpy() for _ in range(2))
    assert np.array_equal(one[:, :, 0], other[:, :, 0]) and not np.allclose(one[:, :, 1:], other[:, :, 1:], atol=0.1)


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
    assert resolve_joint_layers(Config().replace(**options), {"num_hidden_layers": layers}) == expected


@pytest.mark.parametrize(
    ("options", "family", "told"),
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
def test_layers_that_cannot_be_joint_are_refused(options, family, told):
    with pytest.raises(ConfigError, match=told):
        resolve_joint_layers(Config().replace(**options), {"num_hidden_layers": 4, "family": family})


def test_windows_leave_room_for_the_longest_query(tiny_config, described, rng):
    model = make(tiny_config, max_length=64, label_descriptions=str(described))
    assert model.head.query_length == 6 and model.windows.max_length == 58
    assert NERModel.create(tiny_config(max_length=64), ["X", "Y"]).windows == model.config.windows
    text = "".join(rng.choice(list("本品用于气血两亏，"), size=200))
    (found,) = predict_documents([model], [Document("d", text)])  # the encoder has 64 positions
    assert found.text == text


def test_batches_are_divided_by_what_the_encoder_reads(tiny_config, rng, monkeypatch):
    model = make(tiny_config, batch_tokens=512)
    documents = [Document(f"d{n}", "本品用于头晕" * n, (Entity(4, 6, "X"),)) for n in range(1, 30)]
    batches = TrainingBatches(documents, model)
    read = [
        len(windows) * model.head.encoder_tokens(batches.batch(windows)[0][0].shape[1]) for windows in batches.plan(0)
    ]
    assert 256 < max(read) <= 512 and len(batches) == len(batches.plan(1))
    shapes = []
    monkeypatch.setattr(
        NERModel,
        "outputs",
        lambda self, ids: (
            shapes.append(ids.shape) or np.full((len(ids), 2, ids.shape[1] + 2, ids.shape[1]), -1.0, "float32")
        ),
    )
    list(predict_documents([model], documents, batch_tokens=512))
    assert 256 < max(count * model.head.encoder_tokens(length) for count, length in shapes) <= 512


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"batch_tokens": 95},
            "batch_tokens=95: with 2 labels this head has the encoder read 96 tokens for a window of "
            "max_length=48; raise --batch-tokens or lower --max-length",
        ),
        ({"max_length": 23, "overlap": 8}, "has 6 tokens and leaves 17 of max_length=23 for text, expected 18 or more"),
    ],
)
def test_a_window_that_holds_too_little_or_too_much_is_refused(tiny_config, described, options, told):
    with pytest.raises(ConfigError, match=told):
        make(tiny_config, label_descriptions=str(described), **options)


def test_queries_that_are_the_same_to_the_encoder_are_refused(tiny_config, tmp_path):
    path = tmp_path / "labels.toml"
    path.write_text('X = "魑"\nY = "魅"\n', encoding="utf-8")  # both unknown
    with pytest.raises(ConfigError, match="the queries '魑' and '魅' are the same tokens"):
        make(tiny_config, label_descriptions=str(path))


def test_a_model_folder_holds_its_queries(tiny_config, described, tmp_path):
    model = make(tiny_config, label_descriptions=str(described))
    model.save(tmp_path / "model")
    described.unlink()
    loaded = NERModel.load(tmp_path / "model")
    assert loaded.queries == model.queries == ("药丸", "患者，孕妇")
    assert np.array_equal(loaded.outputs(IDS), model.outputs(IDS))
    with pytest.raises(RunError, match="models cannot be averaged: their queries differ"):
        NamedEntityRecognizer([model, make(tiny_config)])
    config = tmp_path / "model" / "config.json"
    for broken in ({"X": "a"}, {"X": "a", "Y": 3}, None):
        config.write_text(json.dumps({**json.loads(config.read_text(encoding="utf-8")), "queries": broken}), "utf-8")
        with pytest.raises(CheckpointError, match="expected queries to hold one text for each label"):
            NERModel.load(tmp_path / "model")


def test_a_model_of_before_joint_layers_reads_all_together(tiny_config, described, tmp_path):
    model = make(tiny_config, label_descriptions=str(described))
    model.save(tmp_path)
    path = tmp_path / "config.json"
    saved = json.loads(path.read_text(encoding="utf-8"))
    del saved["config"]["format"]
    assert saved["config"]["spans"].pop("joint_layers") == 0
    path.write_text(json.dumps(saved), encoding="utf-8")
    loaded = NERModel.load(tmp_path)
    assert loaded.config == model.config and np.array_equal(loaded.outputs(IDS), model.outputs(IDS))
    apart = make(tiny_config, label_descriptions=str(described), joint_layers="auto")
    apart.set_weights(model.weights(), where="here")  # the same weights, read otherwise
    assert apart.head.passes == 1.5 and not np.allclose(apart.outputs(IDS), model.outputs(IDS), atol=1e-3)


def test_descriptions_must_fit_the_labels(tiny_config, described):
    with pytest.raises(DataError, match=r"labels\.tsv: no description of Z"):
        NERModel.create(tiny_config(head="mrc", label_descriptions=str(described)), ["X", "Y", "Z"])
    with pytest.raises(DataError, match=r"labels\.tsv: describes Y; the labels of the data are X"):
        NERModel.create(tiny_config(head="mrc", label_descriptions=str(described)), ["X"])
