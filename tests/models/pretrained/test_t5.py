"""T5 1.0, T5 1.1 and mT5 against transformers: states of the encoder, next tokens, generated text; both layouts."""

import json

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.config import ModelConfig
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.backbone import build_backbone
from bert4ner.models.pretrained import load_transformer, open_folder
from bert4ner.networks.building import AutoRegressiveDecoder

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = np.array([[7, 8, 9, 10, 11, 12, 30, 31, 32, 33, 34, 1], [13, 14, 15, 2, 1, 0, 0, 0, 0, 0, 0, 0]])
GENERATED = np.array([[0, 20, 21, 22, 23], [0, 24, 25, 1, 0]])
# 6 is no part of 16 / 3: heads of a size of their own. Few buckets, so that distances of a short text reach them all.
SIZES = {
    "vocab_size": 40,
    "d_model": 16,
    "d_kv": 6,
    "d_ff": 20,
    "num_layers": 2,
    "num_heads": 3,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 10,
}
VERSIONS = {
    "1.0": {"feed_forward_proj": "relu"},
    "1.1": {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    "mt5": {"feed_forward_proj": "gated-gelu"},
    "tied 1.1": {"feed_forward_proj": "gated-gelu"},
}


def save_t5(folder, version, kind="ForConditionalGeneration", seed=3, **options):
    """A tiny model of random weights, everything in it away from 0 and 1, and its folder."""
    torch.manual_seed(seed)
    name = "MT5" if version == "mt5" else "T5"
    config = getattr(transformers, f"{name}Config")(**{**SIZES, **VERSIONS[version], **options})
    model = getattr(transformers, f"{name}{kind}")(config).eval()
    if version in ("1.1", "mt5") and kind == "ForConditionalGeneration":  # as published: a matrix of its own
        model.lm_head.weight = torch.nn.Parameter(torch.zeros(40, 16))
    with torch.no_grad():
        for weight_name, weight in model.named_parameters():
            weight.normal_(1.0 if "layer_norm" in weight_name else 0.0, 0.3)
    model.save_pretrained(folder)
    return model


def encoded(model):
    with torch.no_grad():
        found = model.get_encoder()(
            input_ids=torch.tensor(IDS), attention_mask=torch.tensor(IDS > 0).long(), output_hidden_states=True
        )
    return [states.numpy() for states in found.hidden_states[1:]]


def logits_of(model):
    with torch.no_grad():
        return model(
            input_ids=torch.tensor(IDS),
            attention_mask=torch.tensor(IDS > 0).long(),
            decoder_input_ids=torch.tensor(GENERATED),
        ).logits.numpy()


def mesh_variables(model, norm="layer_norm"):
    """The same weights under the names of Mesh TensorFlow, with what training leaves there."""
    found = {"global_step": np.array(9), "shared/embedding_slot_vc": np.zeros(40, "float32")}
    for name, weight in model.named_parameters():
        value = weight.detach().numpy()
        if name == "shared.weight":
            found["shared/embedding"] = value
        elif name == "lm_head.weight":
            found["decoder/logits/kernel"] = value.T
        elif name.endswith("final_layer_norm.weight"):
            side = name.split(".")[0]
            found[f"{side}/{'final_layer_norm' if norm == 'layer_norm' else norm}/scale"] = value
        else:
            side, _, block, _, layer, *rest = name.removesuffix(".weight").split(".")
            stem = f"{side}/block_{int(block):03d}/layer_{int(layer):03d}/"
            if rest == ["layer_norm"]:
                found[f"{stem}{norm}/scale"] = value
            else:
                found[stem + "/".join(rest) + ("/kernel" if rest[0] == "DenseReluDense" else "")] = value.T
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_states_of_all_blocks_are_those_of_transformers(tmp_path, version):
    expected = encoded(save_t5(tmp_path, version))
    folder = open_folder(tmp_path)
    assert folder.family.name == "t5"
    fused = ModelConfig(fusion="concat", fusion_layers=2)
    backbone = build_backbone(folder.config, fused, dropout=0.0, max_length=10_000)
    backbone.load(folder.checkpoint)
    found = keras.Model(backbone.inputs, backbone.blocks)([IDS, np.zeros_like(IDS)])
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.numpy()[IDS > 0], theirs[IDS > 0], atol=1e-4)


@pytest.mark.parametrize("version", VERSIONS)
def test_scores_of_next_tokens_are_those_of_transformers(tmp_path, version):
    model = save_t5(tmp_path, version)
    found = load_transformer(tmp_path, with_lm="linear")([IDS, GENERATED]).numpy()
    np.testing.assert_allclose(found[0], logits_of(model)[0], atol=2e-4)
    np.testing.assert_allclose(found[1, :4], logits_of(model)[1, :4], atol=2e-4)


@pytest.mark.parametrize("version", ["1.1", "tied 1.1"])
def test_kept_and_compound_tokens_have_the_rows_that_they_name(tmp_path, version):
    """bert4keras' options for another vocabulary: scores are those of the same tokens in the whole network."""
    save_t5(tmp_path, version)
    kept = [0, *range(7, 35), 1]
    place = {token: number for number, token in enumerate(kept)}
    ids = [np.array([[8, 30, 33, 1, 0, 0]]), np.array([[0, 20, 21, 1]])]
    options = {"with_lm": "linear"}
    whole = load_transformer(tmp_path, **options).predict(ids, verbose=0)
    chosen = load_transformer(tmp_path, keep_tokens=kept, compound_tokens=[[1, 2]], **options)
    found = chosen.predict([np.vectorize(place.get)(each) for each in ids], verbose=0)
    assert found.shape[-1] == len(kept) + 1
    np.testing.assert_allclose(found[..., :-1], whole[..., kept], atol=1e-5)
    np.testing.assert_allclose(found[..., -1], whole[..., [kept[1], kept[2]]].mean(axis=-1), atol=1e-5)


def test_a_token_that_there_is_not_cannot_be_kept(tmp_path):
    save_t5(tmp_path, "1.1")
    with pytest.raises(ConfigError, match="not among the vocabulary's 40"):
        load_transformer(tmp_path, keep_tokens=[0, 1, 40])


def test_greedy_generation_through_bert4keras_is_that_of_transformers(tmp_path):
    model = save_t5(tmp_path, "1.1", seed=19)  # generates many different tokens
    transformer = load_transformer(tmp_path, return_keras_model=False)

    class Greedy(AutoRegressiveDecoder):
        @AutoRegressiveDecoder.wraps(default_rtype="probas")
        def predict(self, inputs, output_ids, states):
            return transformer.decoder([inputs[0], output_ids]).numpy()[:, -1]

    for ids in (IDS[:1], IDS[1:, :5]):
        given = transformer.encoder(ids).numpy()[0]
        found = Greedy(start_id=0, end_id=1, maxlen=10).beam_search([given], topk=1)
        expected = model.generate(
            torch.tensor(ids),
            max_new_tokens=10,
            do_sample=False,
            num_beams=1,
            decoder_start_token_id=0,
            eos_token_id=1,
            pad_token_id=0,
        )
        assert found.tolist() == expected[0].tolist()
        assert len(set(found.tolist())) > 3


@pytest.mark.parametrize(("version", "norm"), [("1.0", "layer_norm"), ("1.1", "layer_norm"), ("mt5", "rms_norm")])
def test_files_of_mesh_tensorflow_give_the_same(tmp_path, save_checkpoint, version, norm, caplog):
    model = save_t5(tmp_path / "huggingface", version)
    folder = save_checkpoint(tmp_path / "mesh", "model.ckpt-1000000", mesh_variables(model, norm))
    config = {
        "vocab_size": 40,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "attention_head_size": 6,
        "intermediate_size": 20,
        "relative_buckets": 8,
        "relative_distance": 10,
        "hidden_act": "relu" if version == "1.0" else ["gelu", "linear"],
    }
    (folder / "t5_config.json").write_text(json.dumps(config), encoding="utf-8")
    found = load_transformer(folder, with_lm="linear")([IDS, GENERATED]).numpy()
    np.testing.assert_allclose(found[0], logits_of(model)[0], atol=2e-4)
    assert not caplog.records


def test_a_file_of_the_encoder_alone_is_enough_for_the_encoder(tmp_path):
    model = save_t5(tmp_path, "1.0", kind="EncoderModel")
    found = load_transformer(tmp_path, model="t5_encoder")(IDS).numpy()
    np.testing.assert_allclose(found[IDS > 0], encoded(model)[-1][IDS > 0], atol=1e-4)
    with pytest.raises(CheckpointError, match=r"decoder\.block\.0\.layer\.0\.SelfAttention\..* are missing"):
        load_transformer(tmp_path)


def test_a_decoder_of_another_depth_is_refused(tmp_path):
    save_t5(tmp_path, "1.0", num_decoder_layers=1)
    with pytest.raises(CheckpointError, match=r"num_layers=2 and num_decoder_layers=1: expected equally many"):
        load_transformer(tmp_path)


def test_a_training_step_of_the_encoder_moves_every_weight(tmp_path):
    save_t5(tmp_path, "1.1")
    network = load_transformer(tmp_path, model="t5_encoder", dropout_rate=0.1, attention_dropout_rate=0.1)
    before = [weight.numpy() for weight in network.trainable_weights]
    network.compile(keras.optimizers.SGD(0.1), loss="mse")
    for _ in range(2):
        assert np.isfinite(network.train_on_batch(IDS, np.random.default_rng(0).normal(size=(2, 12, 16))))
    pairs = zip(network.trainable_weights, before, strict=True)
    assert [weight.name for weight, old in pairs if np.array_equal(weight.numpy(), old)] == []
