"""Decoders: CDial-GPT against transformers; GPT2_ML and NEZHA-GEN, which that lacks, against formulas in numpy."""

import json
import math

import numpy as np
import pytest

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import load_transformer, open_folder, open_pretrained
from bert4ner.networks.building import AutoRegressiveDecoder, build_transformer_model

IDS = np.array([[7, 8, 9, 10, 11, 12], [13, 14, 15, 0, 0, 0]])  # (batch, length), padding 0
SEGMENTS = np.array([[1, 1, 1, 2, 2, 2], [1, 2, 2, 1, 1, 1]])
BERT_WORDS = {
    "vocab_size": 40,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 20,
    "hidden_act": "gelu",
}


class Greedy(AutoRegressiveDecoder):
    """The likeliest token after the given and the generated ones, by a network that reads token ids."""

    def __init__(self, network, **options):
        super().__init__(start_id=None, **options)
        self.network = network

    @AutoRegressiveDecoder.wraps(default_rtype="probas")
    def predict(self, inputs, output_ids, states):
        return self.network(np.concatenate([inputs[0], output_ids], axis=1)).numpy()[:, -1]


def save_gpt(folder, **more):
    """OpenAI's GPT of random weights, everything in it away from 0 and 1, and its folder."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(4)
    sizes = {"vocab_size": 40, "n_positions": 20, "n_embd": 16, "n_layer": 2, "n_head": 2, **more}
    model = transformers.OpenAIGPTLMHeadModel(transformers.OpenAIGPTConfig(**sizes)).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(1.0 if ".ln_" in name and name.endswith("weight") else 0.0, 0.3)
        model.transformer.tokens_embed.weight[0] = 0.0  # padding is not generated
    model.save_pretrained(folder)
    return torch, model


def test_scores_of_cdial_gpt_are_those_of_transformers(tmp_path):
    torch, model = save_gpt(tmp_path)
    assert open_folder(tmp_path).family.decoder
    with torch.no_grad():
        expected = model(torch.tensor(IDS), token_type_ids=torch.tensor(SEGMENTS)).logits.numpy()
        plain = model(torch.tensor(IDS)).logits.numpy()
    found = load_transformer(tmp_path, final_activation="linear")([IDS, SEGMENTS]).numpy()
    np.testing.assert_allclose(found[IDS > 0], expected[IDS > 0], atol=1e-4)
    without = load_transformer(tmp_path, final_activation="linear", segment_vocab_size=0)(IDS).numpy()
    np.testing.assert_allclose(without[IDS > 0], plain[IDS > 0], atol=1e-4)


@pytest.mark.parametrize("pad", [None, 9])
def test_only_padding_is_masked_as_in_transformers(pad, tmp_path):
    torch, model = save_gpt(tmp_path, pad_token_id=pad)
    ids = np.array([[7, 0, 9, 10, 0, 12]])  # padding before other tokens
    mask = torch.tensor(ids != (-1 if pad is None else pad)).long()
    with torch.no_grad():
        expected = model(torch.tensor(ids), attention_mask=mask).logits.numpy()
    found = load_transformer(tmp_path, final_activation="linear", segment_vocab_size=0)(ids).numpy()
    np.testing.assert_allclose(found[ids != pad], expected[ids != pad], atol=1e-4)


def test_greedy_generation_by_bert4keras_is_that_of_transformers(tmp_path):
    torch, model = save_gpt(tmp_path)
    network = load_transformer(tmp_path, segment_vocab_size=0)
    found = Greedy(network, end_id=3, maxlen=8).beam_search([IDS[0].tolist()], topk=1)
    expected = model.generate(
        torch.tensor(IDS[:1]),
        max_new_tokens=8,
        do_sample=False,
        num_beams=1,
        eos_token_id=3,
        pad_token_id=0,
        attention_mask=torch.ones((1, 6), dtype=torch.long),
    )
    assert found.tolist() == expected[0, 6:].tolist()
    assert len(set(found.tolist())) > 1


def test_the_converted_files_of_cdial_gpt_give_the_same(tmp_path, save_checkpoint):
    _, model = save_gpt(tmp_path / "huggingface")
    weights = {name: weight.detach().numpy() for name, weight in model.transformer.named_parameters()}
    variables = {
        "gpt/embeddings/word_embeddings": weights["tokens_embed.weight"],
        "gpt/embeddings/position_embeddings": weights["positions_embed.weight"],
    }
    for number in range(2):
        stem = f"gpt/transformer/layer_{number}"
        for kind, suffix in (("kernel", "weight"), ("bias", "bias")):
            thirds = np.split(weights[f"h.{number}.attn.c_attn.{suffix}"], 3, axis=-1)
            for part, value in zip(("query", "key", "value"), thirds, strict=True):
                variables[f"{stem}/attention/self/{part}/{kind}"] = value
            products = {"attention/output": "attn.c_proj", "intermediate": "mlp.c_fc", "output": "mlp.c_proj"}
            for ours, theirs in products.items():
                variables[f"{stem}/{ours}/dense/{kind}"] = weights[f"h.{number}.{theirs}.{suffix}"]
        for kind, suffix in (("gamma", "weight"), ("beta", "bias")):
            variables[f"{stem}/attention/output/LayerNorm/{kind}"] = weights[f"h.{number}.ln_1.{suffix}"]
            variables[f"{stem}/output/LayerNorm/{kind}"] = weights[f"h.{number}.ln_2.{suffix}"]
    folder = save_checkpoint(tmp_path / "converted", "gpt_model.ckpt", variables)
    config = {**BERT_WORDS, "intermediate_size": 64, "hidden_act": "gelu_new"}
    (folder / "gpt_config.json").write_text(json.dumps(config), encoding="utf-8")
    one = load_transformer(folder)([IDS, SEGMENTS]).numpy()
    np.testing.assert_allclose(one, load_transformer(tmp_path / "huggingface")([IDS, SEGMENTS]).numpy(), atol=1e-5)


def dense(values, given, name):
    return given @ values[f"{name}/kernel"] + values[f"{name}/bias"]


def norm(values, given, name, epsilon):
    centred = given - given.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    return centred / spread * values[f"{name}/gamma"] + values[f"{name}/beta"]


def gelu(given):
    return given * 0.5 * (1 + np.vectorize(math.erf)(given / math.sqrt(2)))


def attend(values, state, names, heads=2):
    """Attention from left to right, (length, width), before its last product."""
    query, key, value = (dense(values, state, name).reshape(len(state), heads, -1).swapaxes(0, 1) for name in names)
    scores = query @ key.swapaxes(1, 2) / math.sqrt(query.shape[-1])  # (heads, length, length)
    probabilities = np.exp(np.where(np.tri(len(state)) > 0, scores, -np.inf))
    context = probabilities / probabilities.sum(axis=-1, keepdims=True) @ value
    return context.swapaxes(0, 1).reshape(len(state), -1)


def softmax(scores):
    probabilities = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return probabilities / probabilities.sum(axis=-1, keepdims=True)


def gpt2_ml(values, ids):
    """GPT2_ML, of ids (length,): probabilities of the next token, (length, tokens)."""
    state = values["newslm/embeddings/word_embed"][ids] + values["newslm/embeddings/pos_embed"][: len(ids)]
    state = norm(values, state, "newslm/embeddings/LayerNorm_embed_norm", 1e-5)
    for number in range(2):
        stem = f"newslm/layer{number:02d}"
        context = attend(values, state, [f"{stem}/{part}_layer" for part in ("query", "key", "value")])
        total = state + dense(values, context, f"{stem}/context_projection_layer")
        inner = gelu(dense(values, norm(values, total, f"{stem}/LayerNorm_mlp_ln0", 1e-5), f"{stem}/intermediate"))
        state = norm(values, total + dense(values, inner, f"{stem}/output"), f"{stem}/LayerNorm_mlp_ln1", 1e-5)
    return softmax(state @ values["newslm/embeddings/word_embed"].T)


def nezha_gen(values, ids):
    """NEZHA-GEN, of ids (length,): probabilities of the next token, (length, tokens)."""
    state = values["bert/embeddings/word_embeddings"][ids] + values["bert/embeddings/position_embeddings"][: len(ids)]
    state = norm(values, state, "bert/embeddings/LayerNorm", 1e-12)
    for number in range(2):
        stem = f"bert/encoder/layer_{number}"
        context = attend(values, state, [f"{stem}/attention/self/{part}" for part in ("query", "key", "value")])
        state = state + dense(values, context, f"{stem}/attention/output/dense")
        state = norm(values, state, f"{stem}/attention/output/LayerNorm", 1e-12)
        inner = gelu(dense(values, state, f"{stem}/intermediate/dense"))
        state = norm(values, state + dense(values, inner, f"{stem}/output/dense"), f"{stem}/output/LayerNorm", 1e-12)
    state = gelu(dense(values, state, "cls/predictions/transform/dense"))
    state = norm(values, state, "cls/predictions/transform/LayerNorm", 1e-12)
    return softmax(state @ values["bert/embeddings/word_embeddings"].T + values["cls/predictions/output_bias"])


def gpt2_ml_shapes():
    shapes = {"newslm/embeddings/word_embed": (40, 16), "newslm/embeddings/pos_embed": (20, 16)}
    norms = ["newslm/embeddings/LayerNorm_embed_norm"]
    for number in range(2):
        stem = f"newslm/layer{number:02d}"
        parts = dict.fromkeys(("query_layer", "key_layer", "value_layer", "context_projection_layer"), (16, 16))
        for part, shape in {**parts, "intermediate": (16, 24), "output": (24, 16)}.items():
            shapes |= {f"{stem}/{part}/kernel": shape, f"{stem}/{part}/bias": shape[1:]}
        norms += [f"{stem}/LayerNorm_mlp_ln0", f"{stem}/LayerNorm_mlp_ln1"]
    return shapes | {f"{name}/{kind}": (16,) for name in norms for kind in ("beta", "gamma")}


def nezha_gen_shapes():
    shapes = {
        "bert/embeddings/word_embeddings": (40, 16),
        "bert/embeddings/position_embeddings": (20, 16),
        "cls/predictions/output_bias": (40,),
    }
    products = {"cls/predictions/transform/dense": (16, 16)}
    norms = ["bert/embeddings/LayerNorm", "cls/predictions/transform/LayerNorm"]
    for number in range(2):
        stem = f"bert/encoder/layer_{number}"
        products |= dict.fromkeys((f"{stem}/attention/self/{part}" for part in ("query", "key", "value")), (16, 16))
        products |= {
            f"{stem}/attention/output/dense": (16, 16),
            f"{stem}/intermediate/dense": (16, 24),
            f"{stem}/output/dense": (24, 16),
        }
        norms += [f"{stem}/attention/output/LayerNorm", f"{stem}/output/LayerNorm"]
    for name, shape in products.items():
        shapes |= {f"{name}/kernel": shape, f"{name}/bias": shape[1:]}
    return shapes | {f"{name}/{kind}": (16,) for name in norms for kind in ("beta", "gamma")}


MODELS = {"gpt2_ml": (gpt2_ml, gpt2_ml_shapes()), "nezha_gen": (nezha_gen, nezha_gen_shapes())}


@pytest.fixture(params=MODELS)
def published(request, rng, tmp_path, save_checkpoint):
    """Folder, variables and formula of a model in the layout in which it was published."""
    formula, shapes = MODELS[request.param]
    values = {
        name: (rng.normal(scale=0.4, size=shape) + name.endswith("gamma")).astype("float32")
        for name, shape in shapes.items()
    }
    slots = {f"{name}/adam_{slot}": np.zeros(shape, "float32") for name, shape in shapes.items() for slot in "mv"}
    folder = save_checkpoint(tmp_path / request.param, "model.ckpt-100000", {**values, **slots})
    (folder / "config.json").write_text(json.dumps(BERT_WORDS), encoding="utf-8")
    return request.param, folder, {name: value.astype(float) for name, value in values.items()}, formula


def test_probabilities_are_those_of_the_published_formulas(published, caplog):
    name, folder, values, formula = published
    assert open_folder(folder).family.name == name
    found = load_transformer(folder)(IDS).numpy()
    assert not caplog.records
    for row, ids in zip(found, ([7, 8, 9, 10, 11, 12], [13, 14, 15]), strict=True):
        np.testing.assert_allclose(row[: len(ids)], formula(values, ids), atol=1e-5)


def test_the_likeliest_tokens_are_generated(published):
    _, folder, values, formula = published
    found = Greedy(load_transformer(folder), end_id=-1, maxlen=5).beam_search([IDS[0].tolist()], topk=1)
    ids = IDS[0].tolist()
    for _ in range(5):
        ids.append(int(formula(values, ids)[-1].argmax()))
    assert found.tolist() == ids[6:] and 0 not in ids


def test_bert4keras_own_function_reads_the_same(published):
    name, folder, _, _ = published
    options = {"model": "gpt2_ml"} if name == "gpt2_ml" else {"application": "lm", "segment_vocab_size": 0}
    network = build_transformer_model(str(folder / "config.json"), str(folder / "model.ckpt-100000"), **options)
    np.testing.assert_allclose(network(IDS).numpy(), load_transformer(folder)(IDS).numpy(), atol=1e-5)


def test_a_decoder_is_no_encoder_for_recognition(published):
    name, folder, _, _ = published
    with pytest.raises(CheckpointError, match=f"{name} generates text; recognition needs an encoder"):
        open_pretrained(folder)
