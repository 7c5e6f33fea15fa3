"""Any pretrained model, decoders included, as bert4keras' own network with its weights."""

from pathlib import Path
from typing import Any

from bert4ner.models.pretrained.folder import open_folder, open_store
from bert4ner.models.pretrained.loading import Weights, load_weights
from bert4ner.networks.building import build_transformer


def load_transformer(
    given: str | Path, *, model: str | None = None, return_keras_model: bool = True, **options: Any
) -> Any:
    """Build the network that a pretrained folder holds and fill it with the weights there, whatever their layout.

    What comes back is what `bert4keras.models.build_transformer_model` gives, of a class that computes what the
    published code of the family does: bert4keras' `AutoRegressiveDecoder` generates from it. Ids are the checkpoint's.

    Args:
        given: a folder, or a name on the Hugging Face hub.
        model: another network than the family's own: "t5_encoder" is T5's encoder without its decoder.
        return_keras_model: otherwise bert4keras' object, which has the Keras model as `model`; for T5 `encoder` and
            `decoder`, too.
        options: of `build_transformer_model`, such as ``with_mlm=True``, ``application="lm"``,
            ``segment_vocab_size=0``, ``dropout_rate=0.1``, ``keep_tokens=[0, 5, 8]`` or
            ``final_activation="linear"``.

    Raises:
        CheckpointError: the folder cannot be read, or the weights do not fit.
        ConfigError: `keep_tokens` or `compound_tokens` name tokens that there are not.
        EnvironmentProblem: a hub name that cannot be downloaded.
    """
    found = open_folder(given)
    family = found.family
    network = model or family.generator or family.network
    transformer = build_transformer(network, found.config.options(), **options)
    if found.checkpoint is not None:
        load_weights(transformer, Weights(open_store(found.checkpoint), family, found.config))
    return transformer.model if return_keras_model else transformer
