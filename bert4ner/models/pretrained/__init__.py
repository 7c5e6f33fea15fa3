"""Find, check, load and convert pretrained models of every family and layout."""

from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.folder import (
    VOCABULARY_NAME,
    Pretrained,
    PretrainedFolder,
    open_folder,
    open_pretrained,
)
from bert4ner.models.pretrained.loading import build_loaded, check_fit, load_weights
from bert4ner.models.pretrained.registry import find_family, get_family, read_encoder_config
from bert4ner.models.pretrained.transformer import load_transformer
from bert4ner.models.pretrained.weight_files import open_store
from bert4ner.models.pretrained.weights import Weights

__all__ = [
    "VOCABULARY_NAME",
    "EncoderConfig",
    "Pretrained",
    "PretrainedFolder",
    "Weights",
    "build_loaded",
    "check_fit",
    "find_family",
    "get_family",
    "load_transformer",
    "load_weights",
    "open_folder",
    "open_pretrained",
    "open_store",
    "read_encoder_config",
]
