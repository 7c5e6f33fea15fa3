"""Loads any pretrained model, including decoders, as a bert4keras network with its weights."""

from pathlib import Path
from typing import Any

from bert4ner.models.pretrained.folder import open_folder
from bert4ner.models.pretrained.loading import build_loaded
from bert4ner.models.pretrained.weight_files import open_store
from bert4ner.models.pretrained.weights import Weights
from bert4ner.networks.building import build_transformer


def load_transformer(
    given: str | Path, *, model: str | None = None, return_keras_model: bool = True, **options: Any
) -> Any:
    """Build the network of a pretrained folder and load its weights, whatever their layout.

    The result is the same as from `bert4keras.models.build_transformer_model`, but computes exactly what the family's
    published code does. bert4keras' `AutoRegressiveDecoder` can generate from it. Ids are those of the checkpoint.

    Args:
        given: a folder, or a name on the Hugging Face hub.
        model: a network other than the family's own: "t5_encoder" is T5's encoder without its decoder.
        return_keras_model: False returns bert4keras' object, which has the Keras model as `model`; for T5 also
            `encoder` and `decoder`.
        options: of `build_transformer_model`, such as ``with_mlm=True``, ``application="lm"``,
            ``segment_vocab_size=0``, ``dropout_rate=0.1``, ``keep_tokens=[0, 5, 8]`` or
            ``final_activation="linear"``.

    Raises:
        CheckpointError: the folder cannot be read, or the weights do not fit.
        ConfigError: `keep_tokens` or `compound_tokens` name tokens outside the vocabulary.
        EnvironmentProblem: a hub name that cannot be downloaded.
    """
    found = open_folder(given)
    family = found.family
    network = model or family.generator or family.network
    if found.checkpoint is None:
        transformer = build_transformer(network, found.config.options(), **options)
    else:
        weights = Weights(open_store(found.checkpoint), family, found.config)
        transformer = build_loaded(network, found.config.options(), weights, **options)
    return transformer.model if return_keras_model else transformer
