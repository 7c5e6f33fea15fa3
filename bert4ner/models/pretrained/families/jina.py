"""JinaBERT: the encoders of jina-embeddings-v2, including a Chinese one; Hugging Face's files and our own."""

from dataclasses import dataclass
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
from bert4ner.models.pretrained.families.bert import ENCODER_PARTS, HUGGINGFACE_UNNEEDED, bert_huggingface
from bert4ner.models.pretrained.families.gte import gates_first
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, embeddings, heads
from bert4ner.models.pretrained.family import (
    TENSORFLOW_UNNEEDED,
    Described,
    Family,
    Layout,
    Shapes,
    Sources,
    has,
    under,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.kinds import FLAG, option

_GATES = {"geglu": "gelu", "reglu": "relu"}
_OWN_NAMES = ("jina/*", "*mlp.gated_layers.weight", "*mlp.up_gated_layer.weight")
_CODE = {
    False: "jinaai/jina-bert-implementation--",
    True: "jinaai/jina-bert-v2-qk-post-norm--",
}
_KEYS = Keys(
    heeded=("feed_forward_type",),
    required={"position_embedding_type": ("alibi",)},
    ignored=because("of a head on top", "emb_pooler")
    | because("how fast the same is computed", "alibi_starting_size with_flash_attn"),
)


@dataclass(frozen=True, kw_only=True)
class JinaConfig(EncoderConfig):
    """`hidden_act` is the activation of the gates; `query_norm` normalizes queries and keys, as for code."""

    query_norm: bool = option(FLAG, False)


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """Refuses the defaults of the published code, which are BERT's positions and feed-forward."""
    found = {"layer_norm_eps": 1e-12, **known_options(config)}
    norm = config.get("query_norm", False) if not shapes else has("*layer_norm_q*")(shapes)
    if "query_norm" in config:  # our own keys
        return {**found, "query_norm": norm}
    for key, allowed in (("position_embedding_type", ("alibi",)), ("feed_forward_type", tuple(_GATES))):
        if config.get(key) not in allowed:
            wanted = " or ".join(map(repr, allowed))
            raise CheckpointError(f"{key}={config.get(key)!r}: expected {wanted}; this is another network"[:300])
    return {**found, "hidden_act": _GATES[config["feed_forward_type"]], "query_norm": norm}


def _sources(naming: Naming, base: str, config: JinaConfig) -> Sources:
    found = embeddings(naming, base, positions=False) | heads(naming, base)
    for number in range(config.num_hidden_layers):
        found |= _block(naming, f"Transformer-{number}", f"{base}/encoder/layer_{number}", config)
    return found


def _block(naming: Naming, layer: str, stem: str, config: JinaConfig) -> Sources:
    own = f"{stem}/attention/self"
    attention = naming.joined([f"{own}/{part}" for part in ("query", "key", "value")])
    attention += naming.dense(f"{stem}/attention/output/dense")
    if config.query_norm:
        attention += naming.norm(f"{own}/layer_norm_q") + naming.norm(f"{own}/layer_norm_k")
        gates = [gates_first(source) for source in naming.kernel(f"{stem}/mlp/up_gated_layer")]
        return {
            f"{layer}-MultiHeadSelfAttention": attention,
            f"{layer}-MultiHeadSelfAttention-Norm": naming.norm(f"{stem}/layer_norm_1"),
            f"{layer}-FeedForward": gates + naming.dense(f"{stem}/mlp/down_layer"),
            f"{layer}-FeedForward-Norm": naming.norm(f"{stem}/layer_norm_2"),
        }
    return {
        f"{layer}-MultiHeadSelfAttention": attention,
        f"{layer}-MultiHeadSelfAttention-Norm": naming.norm(f"{stem}/attention/output/LayerNorm"),
        f"{layer}-FeedForward": naming.kernel(f"{stem}/mlp/gated_layers") + naming.dense(f"{stem}/mlp/wo"),
        f"{layer}-FeedForward-Norm": naming.norm(f"{stem}/mlp/layernorm"),
    }


def _huggingface_config(config: JinaConfig) -> dict[str, Any]:
    found = bert_huggingface(config, "bert", "JinaBertModel")
    code = _CODE[found.pop("query_norm")]
    gates = {activation: name for name, activation in _GATES.items()}
    if config.hidden_act not in gates:
        raise CheckpointError(f"hidden_act={config.hidden_act!r}: the published code has gates of gelu or relu only")
    return {
        **found,
        "position_embedding_type": "alibi",
        "feed_forward_type": gates[config.hidden_act],
        "auto_map": {
            "AutoConfig": f"{code}configuration_bert.JinaBertConfig",
            "AutoModel": f"{code}modeling_bert.JinaBertModel",
        },
    }


JINA_BERT = Family(
    name="jina_bert",
    title="JinaBERT (jina-embeddings-v2-base-zh and others)",
    network="jina_bert",
    config=JinaConfig,
    recognises=lambda config, shapes: "JinaBert" in str(config.get("auto_map")) or has(*_OWN_NAMES)(shapes),
    options=_options,
    model_types=("bert", "jina_bert"),
    architectures=("JinaBert",),
    keys=_KEYS,
    layouts=(
        Layout(
            "tensorflow",
            has("jina/*"),
            lambda config: _sources(TENSORFLOW, "jina", config),
            TENSORFLOW_UNNEEDED,
            inside=under("jina"),
        ),
        Layout(
            "huggingface",
            has(*_OWN_NAMES[1:]),
            lambda config: _sources(HUGGINGFACE, "bert", config),
            HUGGINGFACE_UNNEEDED,
            without_prefix("bert.", ENCODER_PARTS),
            under("bert"),
        ),
    ),
    huggingface=_huggingface_config,
    positions=False,
)
