"""XLNet's encoder against that of transformers, from the files of both worlds; one stream, paddings on either side."""

import json

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.config import ModelConfig
from bert4ner.errors import CheckpointError
from bert4ner.models.backbone import build_backbone
from bert4ner.models.pretrained import load_transformer, open_folder

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

PAD = 5
IDS = np.array([[7, 0, 9, 10, 11, 12, 4, 3], [13, 14, 15, 4, 3, PAD, PAD, PAD], [PAD, PAD, 16, 0, 17, 18, 4, 3]])
SEGMENTS = np.array([[0, 0, 0, 1, 1, 1, 1, 2], [0, 0, 1, 1, 2, 3, 3, 3], [3, 3, 0, 0, 1, 1, 1, 2]])
REAL = IDS != PAD
SIZES = {"vocab_size": 40, "d_model": 16, "n_layer": 3, "n_head": 4, "d_inner": 24, "pad_token_id": PAD}


def save_xlnet(folder, **options):
    """A tiny model of random weights, everything in it away from 0 and 1, and its folder."""
    torch.manual_seed(5)
    model = transformers.XLNetModel(transformers.XLNetConfig(**{**SIZES, **options})).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(1.0 if name.endswith("layer_norm.weight") else 0.0, 0.3)
    model.save_pretrained(folder)
    return model


def states_of(model, ids=IDS, segments=SEGMENTS):
    """All states, (layers, batch, length, width), the embeddings left out."""
    with torch.no_grad():
        found = model(
            torch.tensor(ids),
            attention_mask=torch.tensor(ids != PAD).float(),
            token_type_ids=torch.tensor(segments),
            output_hidden_states=True,
        )
    return np.stack([states.numpy() for states in found.hidden_states[1:]])


def original_variables(model, untie=True):
    """The same weights under the names of zihangdai/xlnet, with what else its files hold."""
    weights = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    layers = range(model.config.n_layer)
    found = {
        "model/transformer/word_embedding/lookup_table": weights["word_embedding.weight"],
        "model/transformer/mask_emb/mask_emb": weights["mask_emb"],
        "model/transformer/seg_embed": np.stack([weights[f"layer.{number}.rel_attn.seg_embed"] for number in layers]),
        "model/lm_loss/bias": np.zeros(40, "float32"),
        "global_step": np.array(9),
    }
    for name in ("r_w_bias", "r_r_bias", "r_s_bias"):
        stacked = np.stack([weights[f"layer.{number}.rel_attn.{name}"] for number in layers])
        found[f"model/transformer/{name}"] = stacked if untie else stacked[0]
    for number in layers:
        ours, theirs = f"layer.{number}.", f"model/transformer/layer_{number}/"
        for part in "qkvor":
            found[f"{theirs}rel_attn/{part}/kernel"] = weights[f"{ours}rel_attn.{part}"]
        for part in ("rel_attn", "ff"):
            found[f"{theirs}{part}/LayerNorm/gamma"] = weights[f"{ours}{part}.layer_norm.weight"]
            found[f"{theirs}{part}/LayerNorm/beta"] = weights[f"{ours}{part}.layer_norm.bias"]
        for part in ("layer_1", "layer_2"):
            found[f"{theirs}ff/{part}/kernel"] = weights[f"{ours}ff.{part}.weight"].T
            found[f"{theirs}ff/{part}/bias"] = weights[f"{ours}ff.{part}.bias"]
    return found


ORIGINAL = {
    "n_token": 40,
    "d_model": 16,
    "n_layer": 3,
    "n_head": 4,
    "d_head": 4,
    "d_inner": 24,
    "ff_activation": "gelu",
    "untie_r": True,
}


@pytest.mark.parametrize("options", [{}, {"clamp_len": 3}, {"ff_activation": "relu", "layer_norm_eps": 0.01}])
def test_the_states_are_those_of_transformers(tmp_path, options):
    expected = states_of(save_xlnet(tmp_path, **options))
    found = load_transformer(tmp_path)([IDS, SEGMENTS]).numpy()
    np.testing.assert_allclose(found[REAL], expected[-1][REAL], atol=1e-4)
    if options:
        np.testing.assert_array_less(1e-3, np.abs(expected[-1] - states_of(save_xlnet(tmp_path / "plain"))[-1]).max())


def test_every_block_is_there_for_fusion(tmp_path):
    expected = states_of(save_xlnet(tmp_path))
    folder = open_folder(tmp_path)
    fused = ModelConfig(fusion="concat", fusion_layers=3)
    backbone = build_backbone(folder.config, fused, dropout="auto", max_length=10_000)
    backbone.load(folder.checkpoint)
    found = keras.Model(backbone.inputs, backbone.blocks)([IDS, SEGMENTS])
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.numpy()[REAL], theirs[REAL], atol=1e-4)


def test_what_stands_in_the_padding_changes_nothing(tmp_path):
    save_xlnet(tmp_path)
    network = load_transformer(tmp_path)
    cut = network([IDS[1:2, :5], SEGMENTS[1:2, :5]]).numpy()
    np.testing.assert_allclose(network([IDS, SEGMENTS]).numpy()[1, :5], cut[0], atol=1e-5)


@pytest.mark.parametrize("untie", [True, False])
def test_the_original_files_give_the_same_states(tmp_path, save_checkpoint, untie):
    model = save_xlnet(tmp_path / "huggingface", ff_activation="gelu_new")  # "gelu" of the original is gelu_new
    if not untie:
        with torch.no_grad():
            for layer in model.layer[1:]:
                for name in ("r_w_bias", "r_r_bias", "r_s_bias"):
                    getattr(layer.rel_attn, name).copy_(getattr(model.layer[0].rel_attn, name))
    folder = save_checkpoint(tmp_path / "original", "xlnet_model.ckpt", original_variables(model, untie))
    (folder / "xlnet_config.json").write_text(json.dumps({**ORIGINAL, "untie_r": untie}), encoding="utf-8")
    found = load_transformer(folder)([IDS, SEGMENTS]).numpy()
    np.testing.assert_allclose(found[REAL], states_of(model)[-1][REAL], atol=1e-4)


def test_files_of_language_models_load_as_well_and_nothing_in_them_is_unknown(tmp_path, caplog):
    transformers.XLNetLMHeadModel(transformers.XLNetConfig(**SIZES)).save_pretrained(tmp_path)
    load_transformer(tmp_path)
    assert not caplog.records


def test_a_missing_variable_and_another_kind_of_attention_are_reported(tmp_path, save_checkpoint):
    variables = original_variables(save_xlnet(tmp_path / "huggingface"))
    del variables["model/transformer/r_s_bias"]
    folder = save_checkpoint(tmp_path / "original", "xlnet_model.ckpt", variables)
    (folder / "xlnet_config.json").write_text(json.dumps(ORIGINAL), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"model/transformer/r_s_bias is missing"):
        load_transformer(folder)
    (folder / "xlnet_config.json").write_text(json.dumps({**ORIGINAL, "attn_type": "uni"}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"attn_type is 'uni', expected 'bi'"):
        load_transformer(folder)


def test_gradients_reach_every_weight(tmp_path):
    """With two segments and dropout; a training step in a graph."""
    save_xlnet(tmp_path)
    network = load_transformer(tmp_path, dropout_rate=0.1, attention_dropout_rate=0.1)
    before = [weight.numpy() for weight in network.trainable_weights]
    network.compile(keras.optimizers.SGD(0.1), loss="mse")
    targets = np.random.default_rng(0).normal(size=(3, 8, 16))
    assert np.isfinite(network.train_on_batch([IDS, SEGMENTS], targets))
    unmoved = [
        weight.name
        for weight, old in zip(network.trainable_weights, before, strict=True)
        if np.array_equal(weight.numpy(), old)
    ]
    assert unmoved == []
