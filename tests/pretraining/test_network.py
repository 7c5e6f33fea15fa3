"""The language model: scores and losses as transformers, bert4keras and numpy have them; checkpoints written of it."""

import json
import logging
import shutil

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.pretrained import open_folder, open_pretrained, open_store
from bert4ner.models.pretrained.convert import write_folder
from bert4ner.models.pretrained.weight_writing import write_tensorflow
from bert4ner.networks.building import build_transformer_model
from bert4ner.pretraining.network import HEAD, LanguageModel
from bert4ner.pretraining.options import PretrainingOptions
from tests.conftest import TINY_ENCODER, google_variables

IDS = np.array([[3, 40, 41, 5, 43, 17, 18, 9, 44, 4], [3, 50, 5, 52, 4, 0, 0, 0, 0, 0]])  # (batch, length), padding 0
PLACES = np.array([3, 7, 12])
TARGETS = np.array([42, 9, 51])
OPTIONS = PretrainingOptions().replace(window=16, precision="float32")
VARIABLES = {
    "cls/predictions/transform/dense/kernel": (16, 16),
    "cls/predictions/transform/dense/bias": (16,),
    "cls/predictions/transform/LayerNorm/beta": (16,),
    "cls/predictions/transform/LayerNorm/gamma": (16,),
}


@pytest.fixture(scope="module")
def with_head(tiny_encoder, tmp_path_factory):
    """The tiny encoder with random weights and the whole head of Google's pre-training."""
    folder = tmp_path_factory.mktemp("with-head") / "encoder"
    shutil.copytree(tiny_encoder, folder)
    rng = np.random.default_rng(9)
    values = google_variables(TINY_ENCODER, rng)
    values |= {name: rng.normal(scale=0.4, size=shape).astype("float32") for name, shape in VARIABLES.items()}
    write_tensorflow(str(folder / "bert_model.ckpt"), values)
    return folder


@pytest.fixture(scope="module")
def model(with_head):
    return LanguageModel(open_folder(with_head), OPTIONS)


def scores(model, training=False):
    states = model.read(tf.constant(IDS, "int32"), training=training)
    return model.scores(states, tf.constant(PLACES, "int32"), training=training).numpy()


def by_bert4keras(folder):
    """Scores at all places, (batch * length, tokens), by bert4keras' own loading of a TensorFlow checkpoint."""
    network = build_transformer_model(
        str(folder / "bert_config.json"), str(folder / "bert_model.ckpt"), with_mlm="linear", hidden_act="gelu_erf"
    )
    return np.asarray(network([IDS, np.zeros_like(IDS)])).reshape(IDS.size, -1)


def write(model, folder, layout):
    folder.mkdir()
    write_folder(folder, model.found, model.arrays(layout), layout)
    return folder


def test_scores_are_bert4keras_own(model, with_head):
    expected = by_bert4keras(with_head)[PLACES]
    np.testing.assert_allclose(scores(model), expected, atol=1e-4)
    assert expected.std() > 0.5


def test_losses_are_of_masked_places_alone(model, with_head):
    every = by_bert4keras(with_head).astype("float64")
    probabilities = np.exp(every) / np.exp(every).sum(axis=-1, keepdims=True)
    states = model.read(tf.constant(IDS, "int32"), training=False)
    losses, right = model.losses(states, PLACES.astype("int32"), TARGETS.astype("int32"), training=False)
    np.testing.assert_allclose(losses, -np.log(probabilities[PLACES, TARGETS]), atol=1e-4)
    assert right.numpy().tolist() == (every[PLACES].argmax(axis=-1) == TARGETS).tolist()


LANGUAGE_MODELS = (
    *("bert", "bert, gelu by tanh", "albert", "albert, one width", "roformer"),
    *("ernie", "xlm_roberta", "megatron_bert", "distilbert"),
)


@pytest.mark.parametrize("kind", LANGUAGE_MODELS)
def test_scores_are_those_of_transformers(kind, tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.models.pretrained.conftest import transformers_model, write_vocabulary

    witness = transformers_model(kind, "ForMaskedLM")
    witness.save_pretrained(tmp_path)
    write_vocabulary(tmp_path)
    with torch.no_grad():
        ids = torch.tensor(IDS)
        found = witness(ids, attention_mask=(ids > 0).long()).logits.numpy()  # all of the first segment
    expected = found.reshape(IDS.size, -1)[PLACES]
    np.testing.assert_allclose(scores(LanguageModel(open_folder(tmp_path), OPTIONS)), expected, atol=1e-3)


def test_what_is_written_loads_in_bert4keras_and_here_with_the_same_outputs(model, with_head, tmp_path):
    network = model.network.get_weights()
    try:
        model.network.set_weights([weight + 0.05 for weight in network])  # trained
        expected, folder = scores(model), write(model, tmp_path / "tf", "tensorflow")
        hugging = write(model, tmp_path / "hf", "huggingface")
    finally:
        model.network.set_weights(network)
    np.testing.assert_allclose(by_bert4keras(folder)[PLACES], expected, atol=1e-4)
    for each in (folder, hugging):
        np.testing.assert_array_equal(scores(LanguageModel(open_folder(each), OPTIONS)), expected)
        assert open_pretrained(each).vocabulary.tokens == open_pretrained(with_head).vocabulary.tokens
    before, after = (open_store(open_folder(each).checkpoint) for each in (with_head, folder))
    kept = [name for name in before.shapes if "/adam_" not in name and name != "global_step"]
    assert sorted(kept) == sorted(after.shapes)
    for name in ("bert/pooler/dense/kernel", "cls/seq_relationship/output_weights"):  # not trained
        np.testing.assert_array_equal(before.read(name), after.read(name))


def test_what_is_written_for_hugging_face_loads_in_transformers(model, tmp_path):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = write(model, tmp_path / "hf", "huggingface")
    witness = transformers.BertForMaskedLM.from_pretrained(folder).eval()
    with torch.no_grad():
        ids = torch.tensor(IDS)
        found = witness(ids, attention_mask=(ids > 0).long()).logits.numpy()
    np.testing.assert_allclose(found.reshape(IDS.size, -1)[PLACES], scores(model), atol=1e-4)


def test_a_checkpoint_without_a_head_gets_a_new_one_tied_to_the_embeddings(tiny_checkpoint, caplog):
    with caplog.at_level(logging.INFO, "bert4ner"):
        model = LanguageModel(open_folder(tiny_checkpoint), OPTIONS)
    assert "the language model's head is new, tied to the embeddings" in caplog.text
    store = open_store(open_folder(tiny_checkpoint).checkpoint)
    (embeddings,) = model.layer("Embedding-Token").get_weights()
    np.testing.assert_array_equal(embeddings, store.read("bert/embeddings/word_embeddings"))
    (bias,) = model.layer(HEAD[-1]).get_weights()
    assert not bias.any()  # nor that of the checkpoint, which fits no other head


def test_a_head_of_its_own_is_reported(with_head, caplog):
    with caplog.at_level(logging.INFO, "bert4ner"):
        LanguageModel(open_folder(with_head), OPTIONS)
    assert "the language model's head is its own" in caplog.text


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_scores_in_sixteen_bits_are_float32_and_near(with_head, model, precision):
    half = LanguageModel(open_folder(with_head), OPTIONS.replace(precision=precision))
    states = half.read(tf.constant(IDS, "int32"), training=False)
    found = half.scores(states, tf.constant(PLACES, "int32"), training=False)
    assert found.dtype == tf.float32 and {variable.dtype for variable in half.variables} == {tf.float32}
    np.testing.assert_allclose(found, scores(model), atol=0.3)
    whole = half.network([tf.constant(IDS, "int32"), tf.zeros_like(IDS, "int32")])  # as bert4keras computes them
    np.testing.assert_allclose(tf.reshape(tf.cast(whole, "float32"), [IDS.size, -1]).numpy()[PLACES], found, atol=0.3)
    assert np.abs(found - scores(model)).max() > 1e-4


def test_dropout_is_what_the_configuration_says_or_what_is_asked_for(model, with_head):
    np.testing.assert_allclose(scores(model, training=True), scores(model), atol=1e-5)  # it says 0
    dropped = LanguageModel(open_folder(with_head), OPTIONS.replace(dropout=0.3))
    assert np.abs(scores(dropped, training=True) - scores(model)).max() > 0.01


def test_what_cannot_be_trained_is_refused_by_name(tiny_encoder, with_head, tmp_path):
    with pytest.raises(ConfigError, match="window=65, but the encoder has 64 positions; lower --window"):
        LanguageModel(open_folder(with_head), OPTIONS.replace(window=65))
    folder = shutil.copytree(tiny_encoder, tmp_path / "electra")
    described = json.loads((folder / "bert_config.json").read_text(encoding="utf-8"))
    (folder / "bert_config.json").write_text(json.dumps({**described, "model_type": "electra"}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="electra cannot be trained as a masked language model"):
        LanguageModel(open_folder(folder), OPTIONS)
