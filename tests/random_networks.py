"""Tiny networks whose random weights are large: they find entities everywhere, sure of some and not of others."""

from pathlib import Path

import numpy as np

from bert4ner.config import Config
from bert4ner.models.ner_model import NERModel

LABELS = ["DRUG", "SYMPTOM"]
CHARACTERS = "本品用于气血两亏引起的月经量少头晕目眩，口服。一次3丸。"


def small_config(encoder: Path) -> Config:
    """Short windows on an encoder, in arithmetic that is the same everywhere."""
    return Config().replace(pretrained=str(encoder), max_length=40, overlap=12, batch_tokens=512, precision="float32")


def random_model(config: Config, seed: int, labels=LABELS) -> NERModel:
    """A model whose weights follow from the seed."""
    model = NERModel.create(config, labels)
    rng = np.random.default_rng(seed)
    values = {
        name: rng.normal(scale=0.4, size=value.shape) + name.endswith("gamma")
        for name, value in model.weights().items()
    }
    model.set_weights(values, where="here")
    return model
