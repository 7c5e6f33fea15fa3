"""XLNet, T5 and GPT from transformers to TensorFlow's layout and back: what returns computes the same there."""

import numpy as np
import pytest

from bert4ner.models.pretrained import open_folder, open_store
from bert4ner.models.pretrained.convert import convert_checkpoint

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = torch.tensor([[7, 8, 9, 10, 4, 3], [13, 14, 4, 3, 11, 12]])
T5_SIZES = {"d_model": 16, "d_kv": 6, "d_ff": 20, "num_layers": 2, "num_heads": 3}
MODELS = {
    "xlnet": (
        "XLNet",
        "Model",
        {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 24, "clamp_len": 3},
        "model/transformer/r_w_bias",
    ),
    "t5 1.0": ("T5", "ForConditionalGeneration", T5_SIZES, "shared/embedding"),
    "t5 1.1": (
        "T5",
        "ForConditionalGeneration",
        {**T5_SIZES, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
        "encoder/block_000/layer_001/DenseReluDense/wi_1/kernel",
    ),
    "gpt": (
        "OpenAIGPT",
        "LMHeadModel",
        {"n_positions": 20, "n_embd": 16, "n_layer": 2, "n_head": 2},
        "gpt/transformer/layer_0/attention/self/key/kernel",
    ),
}


def outputs(model):
    more = {"decoder_input_ids": IDS} if model.config.model_type == "t5" else {}
    with torch.no_grad():
        return model(input_ids=IDS, **more)[0].numpy()


@pytest.mark.parametrize("kind", MODELS)
def test_what_returns_computes_the_same(kind, tmp_path):
    name, suffix, sizes, variable = MODELS[kind]
    torch.manual_seed(8)
    cls = getattr(transformers, name + suffix)
    model = cls(getattr(transformers, f"{name}Config")(vocab_size=40, **sizes)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0.2, 0.3)
    model.save_pretrained(tmp_path / "one")
    there = convert_checkpoint(tmp_path / "one", tmp_path / "two")
    assert (there.target, there.left_out) == ("tensorflow", ())
    assert variable in open_store(open_folder(tmp_path / "two").checkpoint).shapes
    assert convert_checkpoint(tmp_path / "two", tmp_path / "three").target == "huggingface"
    again = cls.from_pretrained(tmp_path / "three").eval()
    np.testing.assert_allclose(outputs(again), outputs(model), atol=1e-5)
