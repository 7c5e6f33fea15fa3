"""The options that decide an encoder: which there are, and what values they may have."""

from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.errors import CheckpointError
from bert4ner.networks.encoders import ACTIVATIONS

_SIZES = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_OPTIONAL_SIZES = ("max_position_embeddings", "type_vocab_size", "embedding_size")
_RATES = ("hidden_dropout_prob", "attention_probs_dropout_prob")
_EPSILON = "layer_norm_eps"
ENCODER_KEYS = (*_SIZES, "hidden_act", *_OPTIONAL_SIZES, *_RATES, _EPSILON)
"""What of a configuration decides the encoder; files hold much else, and other tools' words for it."""


def known_options(config: dict[str, Any]) -> dict[str, Any]:
    """What of a configuration decides an encoder of any family."""
    return {key: config[key] for key in ENCODER_KEYS if key in config}


def check_encoder_config(config: Any, *, where: str) -> dict[str, Any]:
    """The configuration itself, once every key that the encoder needs is there with a usable value.

    Raises:
        CheckpointError: naming `where` and the key.
    """
    if not isinstance(config, dict):
        raise CheckpointError(f"{where}: expected a JSON object with hidden_size etc., got {type(config).__name__}")
    for key in ENCODER_KEYS:
        value = config.get(key)
        if value is None and key in (*_OPTIONAL_SIZES, *_RATES, _EPSILON):
            continue
        expected = _what_is_wrong(key, value)
        if expected:
            found = f"found {value!r}" if key in config else "it is missing"
            raise CheckpointError(f"{where}: expected {key!r} to be {expected}, {found}")
    own_size = config.get("attention_head_size")  # as in T5: heads need not divide the width
    if own_size is None and config["hidden_size"] % config["num_attention_heads"]:
        raise CheckpointError(
            f"{where}: hidden_size={config['hidden_size']} is not a multiple of "
            f"num_attention_heads={config['num_attention_heads']}"
        )
    return config


def _what_is_wrong(key: str, value: Any) -> str:
    """What the value of a key in the encoder's configuration should be; empty if it is that."""
    if key in _RATES:
        usable = isinstance(value, (int, float)) and 0 <= value < 1
        return "" if usable else "a number in [0, 1)"
    if key == _EPSILON:
        usable = isinstance(value, (int, float)) and 0 < value < 1
        return "" if usable else "a number in (0, 1)"
    if key != "hidden_act":
        return "" if type(value) is int and value > 0 else "a whole number above 0"
    try:
        keras.activations.get(ACTIVATIONS.get(value, value) if isinstance(value, str) else "")
    except ValueError:
        return "the name of an activation, as a rule 'gelu'"
    return ""
