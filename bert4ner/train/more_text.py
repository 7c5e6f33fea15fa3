"""What a training learns from beside its annotated documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.runs.pseudo_labels import PseudoLabelled


@dataclass(frozen=True)
class MoreText:
    """Text to learn from beside the annotated documents."""

    pseudo: Sequence[PseudoLabelled] = ()
    """Documents with the labels of models; see `runs.pseudo_labels`."""
