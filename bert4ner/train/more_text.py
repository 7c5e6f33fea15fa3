"""What a training learns from beside its annotated documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.entities import Document
from bert4ner.runs.pseudo_labels import PseudoLabelled, as_unlabelled


@dataclass(frozen=True)
class MoreText:
    """Text to learn from beside the annotated documents."""

    pseudo: Sequence[PseudoLabelled] = ()
    """Documents with the labels of models; see `runs.pseudo_labels`."""
    unlabelled: Sequence[Document] = ()
    """Documents whose texts alone are learned from, by modifiers of the step that do; annotation in them is ignored."""

    @property
    def all(self) -> list[PseudoLabelled]:
        """Both kinds, those without labels as documents of weight 0."""
        return [*self.pseudo, *as_unlabelled(self.unlabelled)]
