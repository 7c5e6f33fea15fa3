"""Networks like BERT with XLM-R's vocabulary, as multilingual-e5 and multilingual MiniLM: padding is 1, not 0."""

import json

import numpy as np
import pytest
import torch

from bert4ner.models.pretrained import open_pretrained
from tests.models.pretrained.conftest import transformers_model
from tests.models.pretrained.shapes import rewrite
from tests.models.pretrained.test_families import our_states

PIECES = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3), ("▁", -2.0, 1)]
"""As the file has them: XLM-R numbers <s>, <pad>, </s>, <unk> first, and <mask> last."""
IDS = np.array([[0, 40, 41, 5, 43, 17, 2], [0, 50, 51, 2, 1, 1, 1]])  # (batch, length)
REAL = IDS != 1


@pytest.fixture(params=["bert", "electra", "ernie", "megatron_bert", "distilbert", "xlm_roberta"])
def published(request, tmp_path, spiece):
    """A model of transformers and its folder; its configuration says what it says, mostly that padding is 0."""
    model = transformers_model(request.param)
    model.save_pretrained(tmp_path / request.param)
    rows = model.config.vocab_size - 2  # some to spare
    pieces = [*PIECES, *((chr(0x4E00 + number), -4.0, 1) for number in range(rows - len(PIECES) - 2))]
    (tmp_path / request.param / "sentencepiece.bpe.model").write_bytes(spiece(pieces))
    return model, tmp_path / request.param


def states_there(model, ids):
    with torch.no_grad():
        found = model(torch.tensor(ids), attention_mask=torch.tensor(ids != 1).long(), output_hidden_states=True)
    return [state.numpy() for state in found.hidden_states[1:]]


def test_what_the_vocabulary_says_is_padding_is_left_out(published):
    model, folder = published
    found = open_pretrained(folder)
    special = found.vocabulary.cls_id, found.vocabulary.pad_id, found.vocabulary.sep_id, found.vocabulary.unk_id
    assert special == (0, 1, 2, 3) and found.config.pad_id == 1
    batch, alone = our_states(folder, IDS), our_states(folder, IDS[1:, :4])
    for one, short, other in zip(batch, alone, states_there(model, IDS), strict=True):
        np.testing.assert_allclose(one[REAL], other[REAL], atol=1e-4, rtol=0)
        np.testing.assert_allclose(short[0], one[1, :4], atol=1e-5, rtol=0)  # whatever it stands in a batch with


def test_such_a_folder_is_converted_with_its_pieces(published, tmp_path):
    model, folder = published
    rewrite(folder, tmp_path / "there", "tensorflow")  # hidden states are compared below, by transformers
    rewrite(tmp_path / "there", tmp_path / "back", "huggingface")
    for name in ("there", "back"):
        assert open_pretrained(tmp_path / name).vocabulary.tokens == open_pretrained(folder).vocabulary.tokens
        assert open_pretrained(tmp_path / name).config == open_pretrained(folder).config
    again = type(model).from_pretrained(tmp_path / "back").eval()
    np.testing.assert_array_equal(states_there(again, IDS)[-1], states_there(model, IDS)[-1])
    said = json.loads((tmp_path / "back" / "config.json").read_text(encoding="utf-8"))
    assert said["pad_token_id"] == 1 and said["model_type"] == model.config.model_type
