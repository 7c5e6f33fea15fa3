"""All networks that the library builds, by name, and one way to build them; what bert4keras generates text with."""

from collections.abc import Mapping
from typing import Any

from bert4keras import models
from bert4keras.snippets import AutoRegressiveDecoder

from bert4ner.entry_points import attribute_at
from bert4ner.networks.decoders import GPT, GPT2ML, T5, T5Encoder, T5TaggingEncoder
from bert4ner.networks.encoders import ACTIVATIONS, ENCODERS
from bert4ner.networks.xlnet import XLNet

__all__ = ["NETWORKS", "AutoRegressiveDecoder", "build_transformer", "build_transformer_model"]

build_transformer_model = models.build_transformer_model

NETWORKS = {
    **ENCODERS,
    "xlnet": XLNet,
    "gpt": GPT,
    "gpt2_ml": GPT2ML,
    "t5": T5,
    "t5_encoder": T5Encoder,
    "t5_tagging_encoder": T5TaggingEncoder,
}


def build_transformer(model: str | type[Any], options: Mapping[str, Any], **more: Any) -> Any:
    """bert4keras' transformer object, random weights, its Keras model built.

    Args:
        model: a name in `NETWORKS` or one of bert4keras' own; the place of a class, "module:Class"; or a class, which
            takes what bert4keras' `Transformer` takes, and in `__init__` the options that only it has.
        options: vocab_size, hidden_size and so on.
        **more: further keyword arguments of bert4keras' class.
    """
    if isinstance(model, str):
        model = attribute_at(model) if ":" in model else NETWORKS.get(model, model)
    activation = ACTIVATIONS.get(options["hidden_act"], options["hidden_act"])
    known = {key: value for key, value in options.items() if value is not None}
    return models.build_transformer_model(
        model=model, return_keras_model=False, **{**known, "hidden_act": activation, **more}
    )
