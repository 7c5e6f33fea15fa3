"""Which token a network masks: of every family, in every layout, the one that its folder says, and no other.

A token is masked if its embedding changes the states of no other token; that needs no second implementation.
"""

import json

import numpy as np
import pytest

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import load_transformer, open_folder
from bert4ner.models.pretrained.convert import convert_checkpoint
from bert4ner.models.pretrained.loading import trainable
from bert4ner.models.pretrained.stored import Stored
from bert4ner.models.pretrained.weight_writing import write_safetensors, write_tensorflow
from bert4ner.networks.building import build_transformer
from bert4ner.registry import FAMILIES
from tests.models.pretrained.shapes import rewrite, write_tokens
from tests.models.pretrained.test_encoder_config import SAVED, SHARED

PAD, TOKENS = 7, SHARED["vocab_size"]
IDS = np.array([[8, 0, PAD, 5, 1, 9, 10]])  # (batch, length): what a family may take for padding, then others
CASES = [(name, layout.name) for name, family in FAMILIES.items() for layout in family.layouts]
UNSAID = {"xlnet": 5, "roberta": 1, "xlm_roberta": 1, "camembert": 1, "gpt": None}
"""Padding of folders that do not say it; otherwise 0."""
ONLY = {
    "gpt": {
        "hidden_act": "gelu_new",
        "intermediate_size": 4 * SHARED["hidden_size"],
        "segment_vocab_size": TOKENS,
    }
}
"""What a family can have in transformers."""
WORDS = ("pad_id", "pad_token_id", "position_pad_id")


def write(folder, name, layout, **said):
    """A folder of a family with random weights, whose configuration says nothing of padding but `said`."""
    family, rng = FAMILIES.get(name), np.random.default_rng(2)
    config = family.config.from_dict({"family": name, **SAVED[name], **ONLY.get(name, {})}, where="here")
    weights = {
        layer: [rng.normal(0, 0.4, each.shape).astype("float32") for each in variables]
        for layer, variables in trainable(build_transformer(family.network, config.options())).items()
    }
    sources = next(each for each in family.layouts if each.name == layout).sources(config)
    stored = {layer: each for layer, each in sources.items() if layer in weights}
    arrays = Stored(lambda layer, number: weights[layer][number], stored, where="here")
    folder.mkdir()
    if layout == "huggingface":
        write_safetensors(folder / "model.safetensors", arrays)
    else:
        write_tensorflow(str(folder / "bert_model.ckpt"), arrays)
    kept = {key: value for key, value in config.to_dict().items() if key not in WORDS}
    (folder / "bert_config.json").write_text(json.dumps({**kept, **said}), encoding="utf-8")


def last_token(model, decoder, without):
    """The state of the last token; of a decoder the scores of what follows but for the token `without`."""
    found = model([IDS, 0 * IDS][: len(model.inputs)] if len(model.inputs) > 1 else IDS).numpy()[0, -1]
    if not decoder:
        return found
    scores = np.delete(np.log(found), without)
    return scores - scores.mean()


def masked(folder):
    """Those of IDS whose embedding does not matter to the last token."""
    family = open_folder(folder).family
    transformer = load_transformer(folder, model=family.network, return_keras_model=False)
    table, found = transformer.layers["Embedding-Token"].embeddings, set()
    rows = table.numpy()
    for token in IDS[0, :-1].tolist():
        states = []
        for values in (rows, np.where(np.arange(len(rows))[:, None] == token, rows[::-1], rows)):
            table.assign(values)
            states.append(last_token(transformer.model, family.decoder, token))
        found |= {token} if np.allclose(*states, atol=1e-4) else set()
    return found


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_the_configuration_says_what_is_masked(name, layout, tmp_path):
    write(tmp_path / "one", name, layout, pad_token_id=PAD)
    assert masked(tmp_path / "one") == {PAD}


@pytest.mark.parametrize("name", [*FAMILIES])
def test_the_vocabulary_says_it_before_the_configuration(name, tmp_path):
    write(tmp_path / "one", name, FAMILIES.get(name).layouts[0].name, pad_token_id=9)
    write_tokens(tmp_path / "one", PAD, TOKENS)
    assert masked(tmp_path / "one") == {PAD}


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_where_nothing_says_it_the_family_does(name, layout, tmp_path):
    write(tmp_path / "one", name, layout)
    expected = UNSAID.get(name, 0)
    assert masked(tmp_path / "one") == (set() if expected is None else {expected})


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_conversion_keeps_it(name, layout, tmp_path):
    """Also where the vocabulary is left behind."""
    write(tmp_path / "0", name, layout, pad_token_id=PAD)
    write_tokens(tmp_path / "0", PAD, TOKENS)
    written = [each.name for each in FAMILIES.get(name).layouts if each.name != "albert_zh"]
    if FAMILIES.get(name).huggingface is None:
        written = [each for each in written if each != "huggingface"]
    for number, to in enumerate([*written, *written]):
        rewrite(tmp_path / f"{number}", tmp_path / f"{number + 1}", to)
        (tmp_path / f"{number + 1}" / "vocab.txt").unlink()
        assert open_folder(tmp_path / f"{number + 1}").config.padding == PAD
        write_tokens(tmp_path / f"{number + 1}", PAD, TOKENS)


def test_conversion_keeps_that_there_is_none(tmp_path):
    write(tmp_path / "one", "gpt", "tensorflow")
    convert_checkpoint(tmp_path / "one", tmp_path / "two")
    convert_checkpoint(tmp_path / "two", tmp_path / "three")
    assert open_folder(tmp_path / "two").config.padding is open_folder(tmp_path / "three").config.padding is None


@pytest.mark.parametrize("name", ["gpt", "gpt2_ml"])
def test_the_command_keeps_that_of_decoders(name, tmp_path):
    write(tmp_path / "one", name, "tensorflow", pad_token_id=PAD)
    if name == "gpt":
        convert_checkpoint(tmp_path / "one", tmp_path / "two")
        convert_checkpoint(tmp_path / "two", tmp_path / "three")
    else:
        convert_checkpoint(tmp_path / "one", tmp_path / "three", "tensorflow")
    assert open_folder(tmp_path / "three").config.padding == PAD
    assert masked(tmp_path / "three") == {PAD}


def test_a_vocabulary_of_another_size_does_not_decide(tmp_path):
    write(tmp_path / "one", "gpt", "tensorflow", pad_token_id=PAD)
    write_tokens(tmp_path / "one", 3, TOKENS + 1)
    assert open_folder(tmp_path / "one").config.padding == PAD


def test_padding_that_is_no_token_is_refused(tmp_path):
    write(tmp_path / "one", "bert", "tensorflow", pad_token_id=TOKENS)
    with pytest.raises(CheckpointError, match=f"pad_token_id={TOKENS}: expected an id below vocab_size={TOKENS}; take"):
        load_transformer(tmp_path / "one")
