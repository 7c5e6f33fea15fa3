"""A readable description of a pretrained folder; no network is built for it."""

import math
from pathlib import Path
from typing import Any

from bert4ner.models.pretrained.folder import PretrainedFolder, complete, open_folder
from bert4ner.models.pretrained.weight_files import open_store
from bert4ner.models.pretrained.weights import Weights
from bert4ner.text.vocabulary import Vocabulary


def recognise(given: str | Path) -> dict[str, Any]:
    """Everything that determines the model in a folder, and what is ignored, with the reason.

    Raises:
        CheckpointError: see `open_pretrained`; decoders are also described.
        EnvironmentProblem: see `open_folder`.
    """
    found = open_folder(given)
    vocabulary = None if found.family.decoder else complete(found).vocabulary
    keys, options = found.family.keys, found.family.option_names()
    return {
        "folder": str(found.path),
        "family": found.family.name,
        "title": found.family.title,
        "decoder": found.family.decoder,
        **_sizes(found),
        "vocabulary": None if vocabulary is None else _tokens(vocabulary),
        "dropout": {
            "states": found.config.hidden_dropout_prob,
            "attention": found.config.attention_probs_dropout_prob,
        },
        "keys_without_effect": {} if keys is None else keys.left_out(found.described, options),
        "unknown_keys": [] if keys is None else keys.unknown(found.described, options),
        "weights": _weights(found),
    }


def _sizes(found: PretrainedFolder) -> dict[str, Any]:
    config = found.config
    return {
        "layers": config.num_hidden_layers,
        "width": config.hidden_size,
        "heads": config.num_attention_heads,
        "feed_forward_width": config.intermediate_size,
        "embedding_width": config.embedding_size or config.hidden_size,
        "rows": config.vocab_size,
        "activation": config.hidden_act,
        "epsilon": config.layer_norm_eps,
        "positions": config.num_positions if found.family.positions and config.position_table else None,
        "segments": config.type_vocab_size,
    }


def _tokens(vocabulary: Vocabulary) -> dict[str, Any]:
    """Kind and size of a vocabulary, and the special tokens, each with its id."""
    matter = {
        "first": vocabulary.cls_id,
        "last": vocabulary.sep_id,
        "padding": vocabulary.pad_id,
        "unknown": vocabulary.unk_id,
        "space": vocabulary.space_id,
    }
    return {
        "kind": vocabulary.kind,
        "tokens": len(vocabulary),
        **{name: {"token": vocabulary.tokens[number], "id": number} for name, number in matter.items()},
    }


def _weights(found: PretrainedFolder) -> dict[str, Any]:
    """Location and number of the encoder's weights, their size as float32, and ignored variables."""
    if found.checkpoint is None:
        family = found.family
        count = found.config.num_weights(positions=family.positions, shared=family.shared)
        return {"file": None, "layout": None, "parameters": count, "mib": _mib(count), "left_out": []}
    weights = Weights(open_store(found.checkpoint), found.family, found.config)
    names = {
        name
        for layer, sources in weights.sources.items()
        if "Transformer-" in layer or "Embedding-" in layer
        for source in sources
        for name in source.names
    }
    count = sum(math.prod(weights.store.shapes[weights.held[name]]) for name in names if name in weights.held)
    return {
        "file": found.checkpoint,
        "layout": weights.layout.name,
        "parameters": count,
        "mib": _mib(count),
        "left_out": sorted(weights.unexpected()),
    }


def _mib(count: int) -> float:
    return round(4 * count / 2**20, 1)
