"""Weights of labels in a loss."""

from collections.abc import Mapping, Sequence

import numpy as np

from bert4ner.errors import ConfigError, nearest, shown


def label_weights_of(labels: Sequence[str], given: Mapping[str, float]) -> np.ndarray:
    """The weight of each label, float32 ``(labels,)``: 1 where none is given.

    Raises:
        ConfigError: a weight names an unknown label.
    """
    for label in given:
        if label not in labels:
            raise ConfigError(f"label_weights: unknown label {shown(label)}{nearest(label, labels)}")
    return np.array([given.get(label, 1.0) for label in labels], "float32")
