"""A lexicon in a network: every head, neck and fusion learns from it, and saves and loads with it."""

import json

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import CheckpointError, ConfigError, DataError
from bert4ner.models.lexicon import open_lexicon
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.registry import HEADS
from bert4ner.text.lexicon import Lexicon
from bert4ner.train.batches import training_batches
from bert4ner.train.compiling import compile_for_training

LABELS = ["X", "Y"]
DOCUMENTS = [
    Document("a", "月经量少，气血两亏。", (Entity(0, 4, "X"), Entity(5, 9, "Y"))),
    Document("b", "气血两亏", (Entity(0, 4, "Y"),)),
    Document("c", "补气血，月经量少", (Entity(0, 3, "Y"), Entity(4, 8, "X"))),
]
NETWORKS = [
    *({"head": head} for head in HEADS.names()),
    {"encoder": "bilstm", "fusion": "concat"},
    {"encoder": "cnn", "fusion": "weighted", "precision": "bfloat16"},
    {"head": "mrc", "joint_layers": 0, "encoder": "cnn"},
]


@pytest.mark.parametrize("options", NETWORKS, ids=lambda options: "-".join(map(str, options.values())))
def test_every_network_learns_from_it_and_saves_and_loads_with_it(tiny_config, tmp_path, options):
    config = tiny_config(**{"head_size": 8, "lexicon": "train", **options})
    model = NERModel.create(config, LABELS)
    batches = training_batches(DOCUMENTS, model.network)
    own = [each for each in model.network.trainable_variables if each.name.startswith("lexicon-features")]
    assert len(own) == 4 and len({each.name for each in own}) == 4
    inputs, targets = batches.batch(np.array([0, 1, 2]))
    with tf.GradientTape() as tape:  # not `fit`, which would trace each of these networks for seconds
        loss = tf.reduce_mean(model.head.loss(targets, model.network(inputs, training=True)))
    assert all(np.abs(tf.cast(each, "float32")).max() > 0 for each in tape.gradient(loss, own))
    model.save(tmp_path / "model")
    loaded = NERModel.load(tmp_path / "model")
    ids, _, said = model.inputs.of(batches.encoded, [0, 1, 2])
    assert said.shape == (3, ids.shape[1], 4 * 2)
    np.testing.assert_array_equal(loaded.inputs.of(batches.encoded, [0, 1, 2])[2], said)
    outputs = model.outputs(ids, said)
    np.testing.assert_array_equal(loaded.outputs(ids, said), outputs)
    assert not np.array_equal(model.outputs(ids, np.zeros_like(said)), outputs)  # what it says counts
    assert list(predict_documents([loaded], DOCUMENTS)) == list(predict_documents([model], DOCUMENTS))


def test_what_is_said_of_a_token_stands_at_its_place_behind_queries(tiny_config):
    """A network of which all but the lexicon is zero: what the head gets differs where words are, and there alone."""
    model = NERModel.create(tiny_config(head="mrc", lexicon="train"), LABELS)
    features = model.network.get_layer("beside")
    said = np.zeros((1, 6, 8), "float32")
    said[0, 2, 5] = 1
    arranged = features(said).numpy()
    longest = model.reading.reserved
    assert arranged.shape == (2, longest + 6, 8)
    for row, query in zip(arranged, model.reading.token_ids, strict=True):
        assert row[len(query) + 2, 5] == 1 and row.sum() == 1  # [CLS] query [SEP], then the text without its [CLS]


def test_training_goes_by_what_it_says(tiny_config):
    """Characters that the encoder does not know: only the lexicon can distinguish them."""
    documents = [
        Document(f"d{number}", "魑魅魍魉" if number % 2 else "魑魅魉魍", (Entity(0, 4, LABELS[number % 2]),))
        for number in range(12)
    ]
    documents = [Document(each.id, each.text + "，" * number, each.entities) for number, each in enumerate(documents)]
    model = NERModel.create(tiny_config(lexicon="train"), LABELS)
    batches = training_batches(documents, model.network)
    compile_for_training(model.network, total_steps=60)
    model.network.fit(batches.dataset(0, 60), steps_per_epoch=60, verbose=0)
    found = list(predict_documents([model], documents))
    assert [each.entities for each in found] == [each.entities for each in documents]


def test_training_leaves_out_what_a_document_itself_taught(tiny_config):
    model = NERModel.create(tiny_config(lexicon="train"), LABELS)
    batches = training_batches(DOCUMENTS, model.network)
    (_, _, said), _ = batches.batch(np.array([2]))
    assert not said[0, 1:4].any() and said[0, 5:9].any()  # 补气血 stands in this document alone
    np.testing.assert_array_equal(
        said, model.inputs.of(batches.encoded, [2], taught=[each.text for each in DOCUMENTS])[2]
    )
    assert model.inputs.of(batches.encoded, [2])[2][0, 1:4].any()


def test_a_document_with_exchanged_mentions_leaves_out_what_it_taught_before(tiny_config):
    model = NERModel.create(tiny_config(lexicon="train", replace_mentions=1.0), LABELS)
    batches = training_batches(DOCUMENTS, model.network)
    encoded = batches.encoded_for(0)
    changed = [place for place, text in enumerate(encoded.texts) if text not in {each.text for each in DOCUMENTS}]
    assert changed
    own = Lexicon(LABELS)
    for place in changed:
        (_, _, said), _ = batches.batch(np.array([place]), encoded)
        own.learn([each for number, each in enumerate(DOCUMENTS) if number != encoded.document[place]])
        np.testing.assert_array_equal(said, own.features(encoded, [place], said.shape[1]))


def test_word_lists_lie_in_the_model_folder(tiny_config, tmp_path):
    words = tmp_path / "herbs.txt"
    words.write_text("气血\n", encoding="utf-8")
    model = NERModel.create(tiny_config(lexicon=str(words)), LABELS)
    model.save(tmp_path / "model")
    words.unlink()
    loaded = NERModel.load(tmp_path / "model")
    assert loaded.lexicon.to_dict() == model.lexicon.to_dict() and loaded.lexicon.lists == {"herbs": ("气血",)}


@pytest.mark.parametrize("damage", [None, "{", "[]", {"labels": ["X"]}, {"lists": 3}, {"entities": {"气": 1}}])
def test_a_damaged_lexicon_is_refused(tiny_config, tmp_path, damage):
    model = NERModel.create(tiny_config(lexicon="train"), LABELS)
    training_batches(DOCUMENTS, model.network)
    model.save(tmp_path)
    path = tmp_path / "lexicon.json"
    if damage is None:
        path.unlink()
    elif isinstance(damage, str):
        path.write_text(damage, encoding="utf-8")
    else:
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **damage}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"lexicon\.json"):
        NERModel.load(tmp_path)


def test_a_model_that_learned_no_lexicon_is_refused(tiny_config):
    model = NERModel.create(tiny_config(lexicon="train"), LABELS)
    with pytest.raises(ConfigError, match="the lexicon is empty"):
        list(predict_documents([model], DOCUMENTS))


def test_names_of_the_option_are_checked(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "herbs.txt").write_text("人参\n", encoding="utf-8")
    both = f"{tmp_path}/one/herbs.txt,{tmp_path}/two/herbs.txt"
    for given, error, message in (
        ("train,", ConfigError, "'' is no name"),
        ("train,train", ConfigError, "'train' is named twice"),
        ("jieba,auto", ConfigError, "'auto' stands alone"),
        ("none,train", ConfigError, "'none' stands alone"),
        ("trian", DataError, "trian: no such file"),
        (both, ConfigError, "two files have the name herbs; rename one"),
    ):
        with pytest.raises(error, match=message):
            open_lexicon(Config().replace(lexicon=given), LABELS)


@pytest.mark.parametrize("given", ["auto", "none", ""])
def test_a_network_without_documents_has_no_lexicon_unless_told(tiny_config, tmp_path, given):
    model = NERModel.create(tiny_config(lexicon=given), LABELS)
    model.save(tmp_path)
    assert len(model.network.inputs) == 2 and NERModel.load(tmp_path).lexicon is None
