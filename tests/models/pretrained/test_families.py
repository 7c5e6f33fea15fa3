"""Every family of encoders: hidden states against transformers or numpy, a trained model saved and loaded, MRC."""

import json
import logging
import shutil

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config, ModelConfig
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.backbone import build_backbone
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.builder import assemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import get_family, open_pretrained
from bert4ner.models.pretrained.weight_writing import write_tensorflow
from bert4ner.models.reading.queries import QueryReading
from bert4ner.registry import FAMILIES
from bert4ner.train.optimizers import build_optimizer
from tests.models.pretrained.conftest import (
    HUGGING,
    IDS,
    ORIGINAL,
    REAL,
    hidden_states,
    original_variables,
    transformers_model,
    write_vocabulary,
)
from tests.models.pretrained.witness import Witness

WITNESSED = {
    "bert in TensorFlow": {},
    "nezha": {"positions": "relative"},
    "roformer in TensorFlow": {"positions": "rotary"},
    "roformer_v2": {"positions": "rotary", "bare": True, "epsilon": 1e-7},
    "albert_early": {},
}


def our_states(folder, ids=IDS):
    """The output of every block for token ids, from a pretrained folder."""
    found = open_pretrained(folder)
    count = found.config.num_hidden_layers
    options = ModelConfig(fusion="concat", fusion_layers=count)
    backbone = build_backbone(found.config, options, dropout="auto", max_length=16)
    backbone.load(found.checkpoint)
    states = keras.Model(backbone.inputs, backbone.blocks)([ids, np.zeros_like(ids)])
    assert len(states) == count
    return [state.numpy() for state in states]


def assert_same(found, expected, tolerance=1e-4):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one[REAL], other[REAL], atol=tolerance, rtol=0)
    assert np.abs(expected[-1] - expected[-2]).max() > 0.1  # the blocks do something


@pytest.mark.parametrize("kind", HUGGING)
def test_hidden_states_are_those_of_transformers(kind, hugging_folder, caplog):
    with caplog.at_level(logging.WARNING, "bert4ner"):
        found = our_states(hugging_folder(kind))
    assert_same(found, hidden_states(transformers_model(kind)))
    assert caplog.text == ""  # every variable has its place


@pytest.mark.parametrize("kind", ["bert", "albert"])
def test_padding_is_what_the_vocabulary_says(kind, hugging_folder, tmp_path):
    folder = shutil.copytree(hugging_folder(kind), tmp_path / "encoder")
    tokens = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    tokens[0], tokens[60] = tokens[60], "[PAD]"  # the configuration goes on saying 0
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    found = open_pretrained(folder)
    assert (found.vocabulary.pad_id, found.config.pad_id, found.config.to_dict()["pad_id"]) == (60, 60, 60)
    ids = np.where(REAL, IDS, 60)
    short = our_states(folder, ids[1:, :5])[-1]
    np.testing.assert_allclose(our_states(folder, ids)[-1][1:, :5], short, atol=1e-5)  # whatever else is in the batch
    assert_same(our_states(folder, ids), hidden_states(transformers_model(kind)))


@pytest.mark.parametrize("kind", ORIGINAL)
def test_hidden_states_are_those_of_the_paper(kind, original_folder):
    config, values = original_variables(kind)
    expected = Witness(values, config, **WITNESSED[kind]).states(IDS)
    assert_same(our_states(original_folder(kind)), expected)


def test_nezha_takes_far_tokens_for_as_far_as_it_has_vectors(tmp_path):
    config, values = original_variables("nezha")
    (tmp_path / "bert_config.json").write_text(json.dumps({**config, "max_relative_position": 3}), encoding="utf-8")
    write_tensorflow(str(tmp_path / "bert_model.ckpt"), values)
    write_vocabulary(tmp_path)
    assert_same(our_states(tmp_path), Witness(values, config, positions="relative", farthest=3).states(IDS))


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("bert", "ForPreTraining"),
        ("bert", "ForMaskedLM"),
        ("bert", "ForTokenClassification"),
        ("albert", "ForPreTraining"),
        ("electra", "ForPreTraining"),
        ("electra", "ForMaskedLM"),
        ("roformer", "ForMaskedLM"),
        ("ernie", "ForPreTraining"),
        ("roberta", "ForMaskedLM"),
        ("megatron_bert", "ForPreTraining"),
        ("distilbert", "ForMaskedLM"),
        ("distilbert", "ForSequenceClassification"),
        ("xlm_roberta", "ForTokenClassification"),
        ("deberta", "ForMaskedLM"),
        ("modernbert", "ForTokenClassification"),
        ("gte", "ForMaskedLM"),
    ],
)
def test_heads_on_top_are_known_and_not_needed(kind, suffix, tmp_path, caplog):
    model = transformers_model(kind, suffix)
    model.save_pretrained(tmp_path)
    write_vocabulary(tmp_path)
    with caplog.at_level(logging.WARNING, "bert4ner"):
        found = our_states(tmp_path)
    assert_same(found, hidden_states(getattr(model, model.base_model_prefix)))
    assert caplog.text == ""


def test_every_family_is_tested():
    covered = {name.partition(",")[0].partition(" ")[0] for name in (*HUGGING, *ORIGINAL)}
    encoders = {name for name in FAMILIES if not get_family(name, where="here").decoder}
    assert encoders - {"xlnet", "t5", "jina_bert"} == covered  # see their files


@pytest.fixture
def on_family(any_folder):
    """A NER model on the encoder of a kind, with dropout."""

    def make(kind, **options):
        config = Config().replace(
            pretrained=str(any_folder(kind)),
            max_length=32,
            overlap=4,
            precision="float32",
            encoder_dropout=0.3,
            fusion="concat",
            fusion_layers=2,
            batch_tokens=256,
            **options,
        )
        return NERModel.create(config, ["DRUG", "SYMPTOM"])

    return make


@pytest.mark.parametrize(
    "kind", ["electra", "roformer_v2", "albert_early", "ernie", "roberta", "megatron_bert", "distilbert", "gte"]
)
def test_a_model_is_saved_and_loaded(kind, on_family, tmp_path):
    model = on_family(kind, head="softmax")
    model.save(tmp_path / "model")
    assert np.array_equal(NERModel.load(tmp_path / "model").outputs(IDS), model.outputs(IDS))
    assert {name.partition("/")[0] for name in model.head_variables()} == {"head"}


@pytest.mark.parametrize("kind", ["albert", "nezha", "roformer", "deberta, segments and positions", "modernbert"])
def test_a_model_is_trained_saved_and_loaded(kind, on_family, tmp_path):
    model = on_family(kind, head="softmax")
    network, optimizer = model.network, build_optimizer(model, 4)
    on_top = set(model.head_variables())
    assert {name.partition("/")[0] for name in on_top} == {"head"}
    before = model.weights()
    targets = np.where(REAL[:, 1:], 0, -1).astype("int32")  # [CLS] has none

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model.head.loss(targets, network([IDS, np.zeros_like(IDS)], training=True)))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return loss

    assert np.isfinite([step().numpy() for _ in range(2)]).all()
    changed = [name for name, value in model.weights().items() if not np.array_equal(value, before[name])]
    assert any(name.startswith("Embedding-Token/") for name in changed)
    assert any("-MultiHeadSelfAttention/" in name for name in changed)
    expected = model.outputs(IDS)
    model.save(tmp_path / "model")
    np.testing.assert_allclose(NERModel.load(tmp_path / "model").outputs(IDS), expected, atol=1e-6)


def features_of_answers(folder, *, joint):
    """Of IDS: (batch, labels, length, width), the token ids of the queries, and the backbone."""
    pretrained = open_pretrained(folder)
    config = Config().replace(head="mrc", joint_layers=joint, max_length=32, overlap=4, precision="float32")
    blueprint = Blueprint.of(config, ["X", "Y"], pretrained.config, pretrained.vocabulary)
    reading = QueryReading(("药", "患者"), blueprint)
    network, backbone = assemble(blueprint, reading)
    backbone.load(pretrained.checkpoint)
    head = network.get_layer("head")
    return keras.Model(network.inputs, head.input)([IDS, np.zeros_like(IDS)]).numpy(), reading.token_ids, backbone


def assert_answers(found, queries, read):
    """`found` has a vector for each query, the same for all windows, then what was read.

    That is what `read` gives for token ids of a query and of a text, the text's [CLS] left out.
    """
    assert np.array_equal(found[0, :, 0], found[1, :, 0]) and not np.allclose(found[0, 0, 0], found[0, 1, 0])
    for label, query in enumerate(queries):
        for row, real in enumerate(REAL):
            expected = read([3, *query], IDS[row][real])
            length = len(query) + 1
            assert len(expected) == length + real.sum() - 1
            np.testing.assert_allclose(found[row, label, 1 : real.sum()], expected[length:], atol=1e-4)


def test_layers_below_the_joint_ones_read_query_and_text_alone_as_those_of_transformers(any_folder):
    import torch  # deferred: seconds

    model = transformers_model("bert")

    def lower(ids, segment):
        ids = torch.tensor([ids])
        return model(ids, token_type_ids=torch.full_like(ids, segment), output_hidden_states=True).hidden_states[1]

    def read(query, text):
        with torch.no_grad():
            joined = torch.cat([lower(query, 1), lower(text.tolist(), 0)[:, 1:]], dim=1)
            return model.encoder.layer[1](joined)[0].reshape(joined.shape[1:]).numpy()

    found, queries, _ = features_of_answers(any_folder("bert"), joint=1)
    assert_answers(found, queries, read)


JOINED = ("albert", "nezha", "roformer in TensorFlow", "electra", "xlm_roberta", "megatron_bert", "distilbert")
JOINED += ("deberta", "modernbert", "gte")


@pytest.mark.parametrize("kind", JOINED)
def test_joint_layers_of_every_family_read_what_is_not_padded(kind, any_folder):
    found, queries, backbone = features_of_answers(any_folder(kind), joint=1)
    network, count = backbone.transformer, backbone.config.num_hidden_layers
    embedded = network.apply_embeddings(backbone.inputs)
    alone = keras.Model(backbone.inputs, network.call_blocks(embedded, range(count - 1)))
    states = keras.Input((None, found.shape[-1]))
    masked = keras.layers.Masking()(states)  # NEZHA must have one; nothing is masked
    last = network.call_blocks(masked, range(count - 1, count))
    together = keras.Model(states, network.apply_final_layers(last))

    def read(query, text):
        query, text = np.array([query]), np.array([text])
        parts = [alone([query, np.ones_like(query)]), alone([text, np.zeros_like(text)])[:, 1:]]
        return together(np.concatenate(parts, axis=1))[0].numpy()

    assert_answers(found, queries, read)


@pytest.mark.parametrize("kind", ["albert", "nezha", "roformer in TensorFlow"])
def test_an_encoder_that_is_asked_reads_each_question(kind, on_family):
    model = on_family(kind, head="mrc", joint_layers=0)
    assert np.isfinite(model.outputs(IDS[:, :6])).all()
    ids = IDS.copy()
    ids[0, 3] = 60
    assert not np.allclose(model.outputs(ids), model.outputs(IDS))


def test_a_model_of_before_families_is_bert(tiny_model, tmp_path):
    tiny_model.save(tmp_path)
    (tmp_path / "manifest.json").unlink()  # there were none
    path = tmp_path / "config.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    described["encoder"].pop("family")
    path.write_text(json.dumps(described), encoding="utf-8")
    np.testing.assert_allclose(NERModel.load(tmp_path).outputs(IDS), tiny_model.outputs(IDS), atol=1e-6)
    path.write_text(json.dumps({**described, "encoder": {**described["encoder"], "family": "gtp"}}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"config\.json: expected family to be one of .*bert.*; found 'gtp'"):
        NERModel.load(tmp_path)


def test_only_a_table_of_positions_bounds_the_window(any_folder):
    rows = {"nezha": 0, "roformer": 0, "electra": 64, "albert": 64, "roberta": 62, "roberta, padding is 0": 63}
    rows |= {"deberta": 0, "deberta, segments and positions": 64, "modernbert": 0, "gte": 0}
    for kind, positions in rows.items():
        config = open_pretrained(any_folder(kind)).config
        if positions:
            with pytest.raises(ConfigError, match=f"max_length=65, but the encoder has {positions} positions"):
                build_backbone(config, ModelConfig(), dropout="auto", max_length=65)
        else:
            build_backbone(config, ModelConfig(), dropout="auto", max_length=65)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("kind", ["nezha", "roformer", "roformer_v2", "roberta", "deberta", "modernbert", "gte"])
def test_16_bits_stay_near_float32(kind, precision, any_folder):
    from bert4ner.models.precision import policy

    folder = any_folder(kind)
    with policy(precision):
        found = our_states(folder)
    expected = our_states(folder)
    spread = np.abs(expected[-1][REAL]).max()
    assert np.abs(found[-1].astype("float32") - expected[-1])[REAL].max() < 0.1 * spread
