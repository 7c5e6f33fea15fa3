"""Pretrained models of every family and layout: found, checked, loaded, converted."""

from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.folder import (
    VOCABULARY_NAME,
    Pretrained,
    PretrainedFolder,
    open_folder,
    open_pretrained,
    open_store,
)
from bert4ner.models.pretrained.loading import Weights, load_weights
from bert4ner.models.pretrained.registry import find_family, get_family, read_encoder_config
from bert4ner.models.pretrained.transformer import load_transformer

__all__ = [
    "VOCABULARY_NAME",
    "EncoderConfig",
    "Pretrained",
    "PretrainedFolder",
    "Weights",
    "find_family",
    "get_family",
    "load_transformer",
    "load_weights",
    "open_folder",
    "open_pretrained",
    "open_store",
    "read_encoder_config",
]
