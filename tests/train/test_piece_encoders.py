"""Recognition on encoders that read SentencePiece: XLNet, whose padding is not 0, and T5, which has no segments."""

import json

import numpy as np
import pytest

from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.scoring.metrics import evaluate
from bert4ner.text.encoded import encode_documents
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit

LABELS = ["DRUG", "PERSON", "SYMPTOM"]
CHARACTERS = sorted(set("本品用于引起的量少口服一次丸日忌患者慎。头晕目眩面色萎黄人参当归孕妇"))
PIECES = [("▁", -2.0, 1), ("头晕", -3.0, 1), ("人参", -3.0, 1), *((character, -4.0, 1) for character in CHARACTERS)]
ENCODERS = {
    "xlnet": (
        ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>"],
        {
            "model_type": "xlnet",
            "d_model": 16,
            "n_layer": 1,
            "n_head": 2,
            "d_inner": 32,
            "ff_activation": "gelu",
            "pad_token_id": 5,
        },
    ),
    "t5": (
        ["<pad>", "</s>", "<unk>"],
        {
            "model_type": "t5",
            "d_model": 16,
            "num_layers": 1,
            "num_heads": 2,
            "d_kv": 6,
            "d_ff": 32,
            "feed_forward_proj": "relu",
        },
    ),
}


@pytest.fixture(params=ENCODERS)
def encoder(request, tmp_path, spiece):
    """A folder of an encoder without weights."""
    specials, config = ENCODERS[request.param]
    pieces = [*((name, 0.0, 2 if name == "<unk>" else 3) for name in specials), *PIECES]
    folder = tmp_path / request.param
    folder.mkdir()
    (folder / "spiece.model").write_bytes(spiece(pieces))
    described = {
        **config,
        "vocab_size": len(pieces) + (request.param == "t5"),
        "random_weights": True,
    }  # T5 has rows to spare
    (folder / "config.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def test_such_an_encoder_learns_a_few_documents_by_heart(encoder, documents, tiny_config, tmp_path):
    few, tokens = documents[:6], "wordpiece" if encoder.name == "xlnet" else "characters"
    config = tiny_config(
        pretrained=str(encoder),
        tokens=tokens,
        epochs=40,
        batch_tokens=128,
        patience=0,
        encoder_dropout=0.0,
        head_dropout=0.0,
    )
    history = fit(Fold(few, few, LABELS), config, folder=tmp_path / "run")
    assert history[-1]["f1"] == 1.0, [line["f1"] for line in history]
    again = NERModel.load(tmp_path / "run" / "model")
    assert evaluate(few, predict_documents([again], few)).micro.f1 == 1.0
    assert (tmp_path / "run" / "model" / "tokenizer.json").is_file()


def test_padding_does_not_count_and_the_encoder_is_no_part_of_the_head(encoder, documents, tiny_config):
    model = NERModel.create(tiny_config(pretrained=str(encoder), head="softmax"), LABELS)
    encoded = encode_documents(documents[:6], model.tokenizer, model.windows)
    ids = encoded.token_ids(range(6), bucket=1)
    shortest = int(encoded.lengths.argmin())
    length = int(encoded.lengths[shortest])
    assert length < ids.shape[1] and (ids[shortest, length:] == model.vocabulary.pad_id).all()
    alone = model.outputs(ids[shortest : shortest + 1, :length])
    np.testing.assert_allclose(model.outputs(ids)[shortest, : length - 1], alone[0], atol=1e-5)
    assert model.head_variables() and all(name.startswith("head") for name in model.head_variables())


def test_queries_are_put_before_pieces_as_well(encoder, documents, tiny_config):
    model = NERModel.create(tiny_config(pretrained=str(encoder), head="mrc", max_length=64, batch_tokens=512), LABELS)
    encoded = encode_documents(documents[:2], model.tokenizer, model.windows)
    longer = encoded.token_ids([0, 1], bucket=32)
    shorter = encoded.token_ids([0, 1], bucket=1)
    assert longer.shape[1] > shorter.shape[1]
    found = model.outputs(longer)
    length = encoded.text_lengths[0]
    assert np.isfinite(found[0, :, :length, :length]).all() and np.isfinite(found[0, :, -2:, :length]).all()


def test_in_16_bits_the_encoder_stays_near_itself(encoder, documents, tiny_config):
    config = tiny_config(pretrained=str(encoder), head="softmax")
    exact = NERModel.create(config, LABELS)
    rounded = NERModel.create(config.replace(precision="bfloat16"), LABELS)
    rounded.set_weights(exact.weights(), where="here")
    ids = encode_documents(documents[:4], exact.tokenizer, exact.windows).token_ids(range(4))
    one, other = exact.outputs(ids), rounded.outputs(ids)
    np.testing.assert_allclose(one, other, atol=0.05 * np.abs(one).max())
    assert not np.array_equal(one, other)
