"""Windows read as they are: nothing is taken from them, nothing is stored, and every head without a word gets it."""

import json

from bert4ner.models.heads.base import Head
from bert4ner.models.ner_model import NERModel
from bert4ner.models.reading.plain import PlainReading


def test_a_window_is_read_once_and_is_all_text(tiny_config, tmp_path):
    model = NERModel.create(tiny_config(max_length=64), ["X", "Y"])
    assert Head.reading is PlainReading and isinstance(model.reading, PlainReading)
    assert (model.reading.reserved, model.reading.passes, model.encoder_tokens(17)) == (0, 1.0, 17)
    assert model.windows == model.config.windows and model.reading.to_dict() == {}
    model.save(tmp_path)
    saved = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert set(saved) == {"format", "bert4ner", "labels", "config", "encoder", "tokenizer"}


def test_features_are_what_is_made_of_the_last_blocks():
    class Blocks:
        blocks = ("first", "last")

    assert PlainReading().features(Blocks, lambda blocks: f"on top of {blocks[-1]}") == "on top of last"
