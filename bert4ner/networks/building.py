"""All networks that the library can build, by name, and the one function that builds them."""

from collections.abc import Mapping
from typing import Any

from bert4keras import models
from bert4keras.snippets import AutoRegressiveDecoder

from bert4ner.entry_points import attribute_at
from bert4ner.networks.activations import ACTIVATIONS
from bert4ner.networks.deberta import Deberta
from bert4ner.networks.decoders import GPT, GPT2ML, T5, T5Encoder, T5TaggingEncoder
from bert4ner.networks.distilbert import DistilBert
from bert4ner.networks.encoders import ENCODERS
from bert4ner.networks.ernie import Ernie
from bert4ner.networks.gated import Gte, JinaBert
from bert4ner.networks.megatron_bert import MegatronBert
from bert4ner.networks.modernbert import ModernBert
from bert4ner.networks.roberta import Roberta
from bert4ner.networks.xlnet import XLNet

__all__ = ["NETWORKS", "AutoRegressiveDecoder", "build_transformer", "build_transformer_model"]

build_transformer_model = models.build_transformer_model

NETWORKS = {
    **ENCODERS,
    "ernie": Ernie,
    "roberta": Roberta,
    "megatron_bert": MegatronBert,
    "distilbert": DistilBert,
    "xlnet": XLNet,
    "deberta": Deberta,
    "modernbert": ModernBert,
    "gte": Gte,
    "jina_bert": JinaBert,
    "gpt": GPT,
    "gpt2_ml": GPT2ML,
    "t5": T5,
    "t5_encoder": T5Encoder,
    "t5_tagging_encoder": T5TaggingEncoder,
}


def build_transformer(model: str | type[Any], options: Mapping[str, Any], **more: Any) -> Any:
    """Build bert4keras' transformer object and its Keras model, with random weights.

    Args:
        model: a name in `NETWORKS`, one of bert4keras' own names, the location of a class as "module:Class", or a
            class. A class takes the arguments of bert4keras' `Transformer`; its `__init__` lists its own options.
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
