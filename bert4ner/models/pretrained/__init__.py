"""Pretrained models of every family and layout: found, checked, loaded, converted."""

from bert4ner.models.pretrained.encoder_config import ENCODER_KEYS, check_encoder_config
from bert4ner.models.pretrained.folder import (
    VOCABULARY_NAME,
    Pretrained,
    PretrainedFolder,
    open_folder,
    open_pretrained,
    open_store,
)
from bert4ner.models.pretrained.loading import Weights, load_weights
from bert4ner.models.pretrained.registry import FAMILIES, find_family, get_family
from bert4ner.models.pretrained.transformer import load_transformer

__all__ = [
    "ENCODER_KEYS",
    "FAMILIES",
    "VOCABULARY_NAME",
    "Pretrained",
    "PretrainedFolder",
    "Weights",
    "check_encoder_config",
    "find_family",
    "get_family",
    "load_transformer",
    "load_weights",
    "open_folder",
    "open_pretrained",
    "open_store",
]
