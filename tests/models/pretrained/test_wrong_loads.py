"""No model is loaded as another: each loads with the states that transformers gives, or is refused in one line.

Every family's folder is offered as every other, in both layouts, and configurations with one key changed. The states of
what is loaded must be those of transformers' own network for what the folder says; of NEZHA and JinaBERT, which
transformers lacks, those of the witnesses.
"""

import json
import re
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import Weights, load_weights, open_folder, open_store
from bert4ner.models.pretrained.weight_writing import write_tensorflow
from bert4ner.networks.building import build_transformer
from bert4ner.registry import FAMILIES
from tests.conftest import google_variables
from tests.models.pretrained.gated_witness import Jina
from tests.models.pretrained.shapes import rewrite, write_tokens
from tests.models.pretrained.witness import Witness

IDS = np.array([[2, 5, 6, 7, 8, 3], [2, 9, 10, 3, 0, 0]])
REAL = IDS != 0
SIZES = {
    "vocab_size": 11,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 20,
    "pad_token_id": 0,
}
XLNET = {"vocab_size": 11, "d_model": 8, "n_layer": 1, "n_head": 2, "d_inner": 12, "pad_token_id": 0}
T5 = {"vocab_size": 11, "d_model": 8, "d_kv": 5, "d_ff": 12, "num_layers": 1, "num_heads": 2, "pad_token_id": 0}
ATTENTION = ("full_attention", "sliding_attention")
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bert": ("Bert", "Model", SIZES),
    "albert": ("Albert", "Model", {**SIZES, "embedding_size": 6}),
    "electra": ("Electra", "Model", {**SIZES, "embedding_size": 6}),
    "roformer": ("RoFormer", "Model", {**SIZES, "embedding_size": 8, "rotary_value": False}),
    "xlnet": ("XLNet", "Model", XLNET),
    "t5": ("T5", "EncoderModel", T5),
    "roberta": ("Roberta", "Model", {**SIZES, "pad_token_id": 1, "max_position_embeddings": 66}),
    "ernie": ("Ernie", "Model", {**SIZES, "use_task_id": True, "task_type_vocab_size": 3}),
    "megatron-bert": ("MegatronBert", "Model", SIZES),
    "deberta-v2": ("DebertaV2", "Model", {**SIZES, "relative_attention": True, "pos_att_type": ["c2p", "p2c"]}),
    "distilbert": ("DistilBert", "Model", {"vocab_size": 11, "dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 12}),
    "modernbert": ("ModernBert", "Model", {**SIZES, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2}),
    "gte": ("Gte", "Model", SIZES),
    "openai-gpt": ("OpenAIGPT", "Model", {"vocab_size": 11, "n_positions": 20, "n_embd": 8, "n_layer": 1, "n_head": 2}),
}
BERT = {**SIZES, "hidden_act": "gelu", "type_vocab_size": 2, "layer_norm_eps": 1e-12}
NEZHA = {**BERT, "model_type": "nezha", "max_relative_position": 64, "architectures": None}
JINA = {
    **BERT,
    "model_type": "jina_bert",
    "position_embedding_type": "alibi",
    "feed_forward_type": "geglu",
    "architectures": None,
}
LESS_IS_ANOTHER = "gte"
"""What BERT's words do not say: GTE's base of angles, which has a default."""
SOURCES = (*KINDS, "nezha", "jina_bert")
CLAIMS = (
    "bert",
    "albert",
    "electra",
    "roformer",
    "nezha",
    "ernie",
    "roberta",
    "xlm-roberta",
    "megatron-bert",
    "distilbert",
    "deberta-v2",
    "modernbert",
    "new",
    "gte",
    "xlnet",
    "t5",
    "jina_bert",
    "openai-gpt",
    "gpt2_ml",
    None,
)


Made = tuple[Callable[[], np.ndarray], dict[str, Any], dict[str, torch.Tensor]]
"""What computes the states of `REAL` tokens, what config.json says, and weights, none near 0 or 1 for nothing."""


def randomized(model: Any) -> Any:
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:  # the table of rotary positions is fixed
                parameter.normal_(0.1, 0.4, generator=generator)
    return model


def make(kind: str) -> Made:
    """A model of transformers, or one that it lacks."""
    if kind == "nezha":
        return make_nezha()
    if kind == "jina_bert":
        return make_jina()
    name, suffix, sizes = KINDS[kind]
    model = randomized(getattr(transformers, name + suffix)(getattr(transformers, f"{name}Config")(**sizes)).eval())
    described = {**model.config.to_dict(), "model_type": model.config.model_type, "architectures": None}
    return (lambda: transformers_states(model)), json.loads(json.dumps(described, default=str)), saved_weights(model)


def saved_weights(model: Any) -> dict[str, torch.Tensor]:
    """The variables of a model under the names of its files, which for GTE are not those of its code."""
    if model.config.model_type != "gte":
        weights: dict[str, torch.Tensor] = model.state_dict()
        return weights
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(f"{folder}/model.safetensors")


def make_nezha() -> Made:
    """Under the names of Hugging Face; `Witness` reads those of TensorFlow."""
    values = google_variables(BERT, np.random.default_rng(3))
    values = {name: value for name, value in values.items() if not re.search("adam_|position_emb|global_step", name)}
    weights = {}
    for name, value in values.items():
        there = name.replace("/", ".").replace("layer_0", "layer.0").replace("bert.", "nezha.", 1)
        there = re.sub(r"\.(kernel|gamma)$|(?<=_embeddings)$", ".weight", re.sub(r"\.beta$", ".bias", there))
        weights[there] = torch.tensor(value.T if name.endswith("/kernel") else value)
    return (lambda: Witness(values, BERT, positions="relative").states(IDS)[-1][REAL]), NEZHA, weights


def make_jina() -> Made:
    model = randomized(Jina(JINA))

    def states() -> np.ndarray:
        with torch.no_grad():
            rows = [model.states(torch.tensor(row[real]))[-1].numpy() for row, real in zip(IDS, REAL, strict=True)]
        return np.concatenate(rows)

    return states, JINA, model.state_dict()


@pytest.fixture(scope="module")
def made():
    """Of each kind what `make` gives."""
    return {kind: make(kind) for kind in SOURCES}


def padded(pad_id: int) -> np.ndarray:
    """IDS with another id for padding, which stands nowhere else."""
    return np.where(REAL, np.where(pad_id == IDS, 4, IDS), pad_id)


def transformers_states(model: Any) -> np.ndarray:
    """Of `REAL` tokens; of a decoder the probabilities of what follows them, in segment 0."""
    ids, mask = torch.tensor(padded(model.config.pad_token_id or 0)), torch.tensor(REAL).long()
    decoder = model.config.model_type == "openai-gpt"
    with torch.no_grad():
        more = {"token_type_ids": torch.zeros_like(ids)} if decoder else {}
        states = model(input_ids=ids, attention_mask=mask, **more).last_hidden_state
        found = torch.softmax(states @ model.tokens_embed.weight.T, dim=-1) if decoder else states
    return found.numpy()[REAL]


def write(folder, described, weights) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(described), encoding="utf-8")
    torch.save(dict(weights), folder / "pytorch_model.bin")


def our_states(folder) -> np.ndarray | None:
    """What we make of IDS; None if the folder is refused."""
    try:
        found = open_folder(folder)
        transformer = build_transformer(found.family.network, found.config.options())
        load_weights(transformer, Weights(open_store(found.checkpoint), found.family, found.config))
    except CheckpointError as error:
        message = str(error)
    else:
        ids = padded(found.config.padding or 0)
        return transformer.model([ids, np.zeros_like(IDS)][: len(transformer.model.inputs)]).numpy()[REAL]
    assert "\n" not in message and len(message) < 1500
    return None


def offered(folder: Any, described: dict[str, Any], claims: Any, key: str, expected: np.ndarray) -> list[str | None]:
    """The claims under which a folder loads, which must be with the expected states.

    Args:
        folder: holds the weights; its configuration is written anew for each claim.
        described: what that says apart from the claim.
        claims: None claims nothing.
        key: how a family is claimed.
        expected: states of the model that it is.
    """
    name = next(each for each in ("config.json", "bert_config.json") if (folder / each).exists())
    loaded = []
    for claim in claims:
        said = {word: value for word, value in described.items() if word not in ("model_type", "family")}
        said |= {} if claim is None else {key: claim}
        (folder / name).write_text(json.dumps(said), encoding="utf-8")
        found = our_states(folder)
        if found is not None:
            loaded.append(claim)
            np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0, err_msg=f"loads as {claim}")
    return loaded


@pytest.mark.parametrize("kind", SOURCES)
def test_a_model_offered_as_another_is_refused_or_itself(kind, made, tmp_path):
    states, described, weights = made[kind]
    write(tmp_path, described, weights)
    assert kind in offered(tmp_path, described, CLAIMS, "model_type", states())


@pytest.mark.parametrize("kind", SOURCES)
def test_so_it_is_in_the_layout_of_tensorflow(kind, made, tmp_path):
    states, described, weights = made[kind]
    write(tmp_path / "one", described, weights)
    write_tokens(tmp_path / "one", described.get("pad_token_id") or 0, described["vocab_size"])
    folder, expected = tmp_path / "two", states()
    rewrite(tmp_path / "one", folder, "tensorflow")
    own = json.loads((folder / "bert_config.json").read_text(encoding="utf-8"))
    assert own["family"] in offered(folder, own, (*FAMILIES, None), "family", expected)
    offered(folder, own, CLAIMS[:-1], "model_type", expected)
    if kind != LESS_IS_ANOTHER:
        offered(folder, {key: value for key, value in own.items() if key in BERT}, (None,), "family", expected)


@pytest.mark.parametrize("said", [{"model_type": "roformer"}, {"use_relative_position": True}])
def test_nezha_and_roformer_must_be_named(said, made, tmp_path):
    write(tmp_path / "one", made["nezha"][1], made["nezha"][2])
    write_tokens(tmp_path / "one", 0, 11)
    rewrite(tmp_path / "one", tmp_path / "two", "tensorflow")
    path = tmp_path / "two" / "bert_config.json"
    path.write_text(json.dumps(BERT), encoding="utf-8")
    with pytest.raises(CheckpointError) as error:
        open_folder(tmp_path / "two")
    assert 'add "model_type": "roformer" to the configuration, or of NEZHA "use_relative_position"' in str(error.value)
    path.write_text(json.dumps({**BERT, **said}), encoding="utf-8")
    assert open_folder(tmp_path / "two").family.name == said.get("model_type", "nezha")


@pytest.mark.parametrize("rows", [12_000, 50_000, 21_128])
@pytest.mark.parametrize("sentences", [False, True])
def test_published_roformers_need_no_name(rows, sentences, tmp_path, caplog):
    """Their configurations have the keys of BERT; NEZHA has 21,128 tokens and a head for next sentences."""
    config = {**BERT, "vocab_size": rows}
    values = google_variables(config, np.random.default_rng(0))
    values.pop("bert/embeddings/position_embeddings")
    if not sentences:
        values = {name: value for name, value in values.items() if not name.startswith(("cls/seq", "bert/pooler"))}
    write_tensorflow(str(tmp_path / "bert_model.ckpt"), values)
    (tmp_path / "bert_config.json").write_text(json.dumps(config), encoding="utf-8")
    if sentences or rows == 21_128:
        with pytest.raises(CheckpointError, match="RoFormer's or NEZHA's, it is not said whose"):
            open_folder(tmp_path)
    else:
        assert open_folder(tmp_path).family.name == "roformer"
        assert "vocabulary size are those of the published RoFormer" in caplog.text


CHANGED = {
    "bert": {
        "hidden_act": ["relu", "gelu_new", "silu", "leaky_relu", "quick_gelu", "laplace"],
        "layer_norm_eps": [0.1],
        "num_attention_heads": [1, 4, 3],
        "num_hidden_layers": [2],
        "hidden_size": [16],
        "intermediate_size": [13],
        "vocab_size": [10, 12],
        "max_position_embeddings": [19],
        "type_vocab_size": [3],
        "is_decoder": [True],
        "position_embedding_type": ["relative_key"],
        "embedding_size": [4],
        "chunk_size_feed_forward": [1],
    },
    "albert": {
        "num_hidden_groups": [2],
        "inner_group_num": [2],
        "num_hidden_layers": [3],
        "embedding_size": [8, 5],
        "hidden_act": ["relu"],
        "layer_norm_eps": [0.1],
    },
    "electra": {"embedding_size": [8], "hidden_act": ["tanh"], "is_decoder": [True], "layer_norm_eps": [0.05]},
    "ernie": {
        "use_task_id": [False],
        "task_type_vocab_size": [2],
        "layer_norm_eps": [0.1],
        "hidden_act": ["relu"],
        "num_attention_heads": [4],
        "type_vocab_size": [4],
    },
    "roberta": {
        "pad_token_id": [0, 2],
        "max_position_embeddings": [64, 65],
        "layer_norm_eps": [0.1],
        "hidden_act": ["relu"],
        "type_vocab_size": [1],
    },
    "megatron-bert": {"layer_norm_eps": [0.1], "hidden_act": ["relu"], "num_hidden_layers": [2], "is_decoder": [True]},
    "distilbert": {
        "layer_norm_eps": [0.1],
        "activation": ["relu"],
        "n_heads": [1],
        "dim": [4],
        "sinusoidal_pos_embds": [True],
    },
    "deberta-v2": {
        "max_relative_positions": [10, 20],
        "position_buckets": [4],
        "pos_att_type": [["c2p"], "p2c|c2p", None],
        "relative_attention": [False],
        "share_att_key": [True],
        "norm_rel_ebd": ["layer_norm"],
        "layer_norm_eps": [0.1],
        "hidden_act": ["relu"],
        "type_vocab_size": [2],
        "conv_kernel_size": [3],
        "embedding_size": [6],
        "num_attention_heads": [1],
    },
    "modernbert": {
        "layer_types": [["sliding_attention"], ["full_attention", "sliding_attention"]],
        "norm_eps": [0.1],
        "hidden_activation": ["relu"],
        "num_attention_heads": [1, 4],
        "attention_bias": [True],
        "norm_bias": [True],
        "mlp_bias": [True],
        "rope_parameters": [{kind: {"rope_type": "default", "rope_theta": 5.0} for kind in ATTENTION}],
    },
    "roformer": {"rotary_value": [True], "embedding_size": [6], "num_attention_heads": [1], "hidden_act": ["relu"]},
    "xlnet": {
        "clamp_len": [2],
        "attn_type": ["uni"],
        "bi_data": [True],
        "same_length": [True],
        "n_head": [4],
        "d_head": [2],
        "ff_activation": ["relu"],
        "layer_norm_eps": [0.1],
    },
    "t5": {
        "feed_forward_proj": ["gated-gelu", "gelu"],
        "relative_attention_num_buckets": [16],
        "relative_attention_max_distance": [3],
        "layer_norm_epsilon": [0.1],
        "num_heads": [1],
        "d_kv": [4],
    },
}


def with_change(kind: str, made: Any, changes: dict[str, Any]) -> np.ndarray | None:
    """The states that transformers gives under a changed configuration; None if the weights do not fit there."""
    name, suffix, sizes = KINDS[kind]
    try:
        config = getattr(transformers, f"{name}Config")(**{**sizes, **changes})
        model = getattr(transformers, name + suffix)(config).eval()
        fixed = {key: value for key, value in model.state_dict().items() if "embed_positions" in key}
        model.load_state_dict({**made[kind][2], **fixed})
        return transformers_states(model)
    except Exception:  # whatever transformers or PyTorch says of it
        return None


@pytest.mark.parametrize("kind", CHANGED)
def test_a_key_that_changes_results_is_heeded_or_refused(kind, made, tmp_path):
    heeded = 0
    for key, values in CHANGED[kind].items():
        for value in values:
            write(tmp_path, {**made[kind][1], key: value}, made[kind][2])
            found, expected = our_states(tmp_path), with_change(kind, made, {key: value})
            if found is not None:
                assert expected is not None, f"{kind} with {key}={value!r} loads here and not in transformers"
                np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0, err_msg=f"{kind}, {key}={value!r}")
                heeded += 1
    assert heeded >= 2


CONTRADICTIONS = {
    "xlnet": [{"hidden_act": "relu"}, {"hidden_size": 16}, {"d_model": 9, "n_head": 3, "d_head": None}],
    "distilbert": [{"hidden_act": "relu"}, {"num_attention_heads": 4}],
    "openai-gpt": [{"hidden_act": "relu"}, {"layer_norm_eps": 0.1}, {"embedding_size": 4}, {"n_embd": None}],
    "modernbert": [{"hidden_act": "relu"}, {"layer_norm_eps": 0.1}, {"norm_eps": 0.0}],
    "t5": [
        *({"layer_norm_eps": 0.1}, {"dense_act_fn": "silu"}, {"is_gated_act": True}, {"embedding_size": 4}),
        {"feed_forward_proj": None, "dense_act_fn": "tanh"},
    ],
    "roberta": [{"embedding_size": 4}],
    "ernie": [{"embedding_size": 4}],
    "megatron-bert": [{"embedding_size": 4}],
    "gte": [{"embedding_size": 4}],
}
"""What a configuration says beside the same under another name, or what its family cannot have."""


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_what_contradicts_itself_or_cannot_be_is_refused(kind, made, tmp_path):
    for change in CONTRADICTIONS[kind]:
        write(tmp_path, {**made[kind][1], **change}, made[kind][2])
        assert our_states(tmp_path) is None, f"{kind} with {change} loads"


def test_there_are_thirty_changes():
    assert sum(len(values) for keys in CHANGED.values() for values in keys.values()) >= 30
