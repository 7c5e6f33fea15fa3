"""The variables of real published checkpoints, by name and shape: each has its place in a family, none is missing."""

import re

import numpy as np
import pytest

from bert4ner.models.pretrained import Weights, find_family
from bert4ner.models.pretrained.loading import check_fit
from bert4ner.models.pretrained.stores import Store
from bert4ner.networks.building import build_transformer

# Shapes in sizes: v tokens, p positions, 2 segments, h width of blocks, e of embeddings, i within blocks.
NORM = "beta h; gamma h"
ATTENTION = (
    "self/query/kernel h h; self/query/bias h; self/key/kernel h h; self/key/bias h; self/value/kernel h h; "
    "self/value/bias h; output/dense/kernel h h; output/dense/bias h"
)
MLM = (
    "output_bias v; transform/LayerNorm/beta e; transform/LayerNorm/gamma e; transform/dense/bias e; "
    "transform/dense/kernel h e"
)
POOLER = {"bert/pooler/dense": "kernel h h; bias h"}
NSP = {"cls/seq_relationship": "output_weights 2 h; output_bias 2"}


def embeddings(width):
    tables = f"position_embeddings p {width}; token_type_embeddings 2 {width}; word_embeddings v e"
    return {"bert/embeddings": f"LayerNorm/beta {width}; LayerNorm/gamma {width}; {tables}"}


def bert_block(stem):
    return {
        f"{stem}/attention": ATTENTION,
        f"{stem}/attention/output/LayerNorm": NORM,
        f"{stem}/output/LayerNorm": NORM,
        f"{stem}/intermediate/dense": "kernel h i; bias i",
        f"{stem}/output/dense": "kernel i h; bias h",
    }


BERT = {**embeddings("h"), **bert_block("bert/encoder/layer_*"), "cls/predictions": MLM}
SHARED = "bert/encoder/transformer/group_0/inner_group_0"
ALBERT = {
    **embeddings("e"),
    "bert/encoder/embedding_hidden_mapping_in": "kernel e h; bias h",
    f"{SHARED}/LayerNorm": NORM,
    f"{SHARED}/LayerNorm_1": NORM,
    f"{SHARED}/attention_1": ATTENTION,
    f"{SHARED}/ffn_1/intermediate/dense": "kernel h i; bias i",
    f"{SHARED}/ffn_1/intermediate/output/dense": "kernel i h; bias h",
    "cls/predictions": MLM,
}
EARLY_MLM = MLM.replace(" e", " h")
ALBERT_EARLY = {
    **embeddings("h"),
    "bert/embeddings/word_embeddings_2": ". e h",
    **bert_block("bert/encoder/layer_shared"),
    "cls/predictions": EARLY_MLM,
    **POOLER,
    **NSP,
}
STEP = {"global_step": "."}


def sizes(v, h, e, i, layers):
    return {"v": v, "p": 512, "2": 2, "h": h, "e": e, "i": i, "layers": layers}


PUBLISHED = {
    "albert_base_google_jadepeng": ("albert", {**ALBERT, **POOLER, **NSP, **STEP}, sizes(21128, 768, 128, 3072, 12)),
    "albert_small_google_hellonlp": ("albert", {**ALBERT, **POOLER, **NSP, **STEP}, sizes(21128, 384, 128, 1536, 6)),
    "albert_tiny_MarsRoger": ("albert_early", ALBERT_EARLY, sizes(21128, 312, 128, 1248, 4)),
    "albert_tiny_percent4_jadepeng": ("albert_early", ALBERT_EARLY, sizes(21128, 312, 128, 1248, 4)),
    "bert_Johnny-xyz": ("bert", BERT, sizes(5981, 768, 768, 3072, 12)),
    "bert_en_llSiddharthll": ("bert", {**BERT, **POOLER, **NSP}, sizes(30522, 512, 512, 2048, 8)),
    "bert_wwm_hwf87": ("bert", {**BERT, **POOLER, **NSP, **STEP}, sizes(21128, 768, 768, 3072, 12)),
}
WITH_SLOTS = {"albert_small_google_hellonlp"}
SMALL = {"v": 30, "p": 14, "2": 2, "h": 8, "e": 6, "i": 10}


def variables(name, small=None):
    """Name -> shape of a published checkpoint; in small sizes, which keep what is equal equal."""
    _, described, real = PUBLISHED[name]
    used = {**real, **(small or {})}
    if real["e"] == real["h"]:
        used["e"] = used["h"]
    found = {}
    for stem, rest in described.items():
        for entry in rest.split(";"):
            suffix, *axes = entry.split()
            full = stem if suffix == "." else f"{stem}/{suffix}"
            for number in range(real["layers"] if "*" in stem else 1):
                found[full.replace("*", str(number))] = tuple(used[axis] for axis in axes)
    if name in WITH_SLOTS:
        found |= {f"{each}/adam_{slot}": shape for each, shape in found.items() if shape for slot in "mv"}
    return found


class Names(Store):
    """A store of names and shapes alone."""

    def __init__(self, shapes):
        self.where, self.shapes = "here", shapes

    def read(self, name):
        return np.zeros(self.shapes[name], "float32")


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_variable_has_its_place(name):
    family_name, _, real = PUBLISHED[name]
    used = {**SMALL, "e": SMALL["h"] if real["e"] == real["h"] else SMALL["e"]}
    config = {
        "vocab_size": used["v"],
        "hidden_size": used["h"],
        "num_hidden_layers": real["layers"],
        "hidden_act": "gelu",
        "num_attention_heads": 2,
        "intermediate_size": used["i"],
        "max_position_embeddings": used["p"],
        "type_vocab_size": 2,
    }
    store = Names(variables(name, SMALL))
    family = find_family(config, store.shapes, where="here")
    encoder = family.configure(config, store.shapes, where="here")
    weights = Weights(store, family, encoder)
    needed = check_fit(weights, build_transformer(family.network, encoder.options()))
    assert family.name == family_name
    assert weights.unexpected() == []
    read = {source.names[0] for layer in needed for source in weights.sources[layer]}
    heads = r"bert/pooler/.*|cls/.*|global_step|.*/adam_[mv]"
    assert read == {name for name in store.shapes if not re.fullmatch(heads, name)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_list_here_is_that_of_the_file(name, shared):
    folder = shared / "pretrained" / "variable_manifests"
    lines = (folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    listed = {
        line.split("\t")[0]: tuple(int(axis) for axis in line.split("\t")[1].split(",") if axis) for line in lines
    }
    assert variables(name) == listed


def test_the_toy_checkpoint_of_google_bert_loads(shared):
    from tests.models.pretrained.test_families import our_states

    folder = shared / "pretrained" / "toy_bert_tf1"
    assert all(np.isfinite(states).all() for states in our_states(folder, np.array([[1, 2, 3, 0]])))
