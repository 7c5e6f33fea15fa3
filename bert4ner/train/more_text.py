"""Text that a training learns from in addition to its annotated documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.entities import Document
from bert4ner.runs.pseudo_labels import PseudoLabelled, as_unlabelled


@dataclass(frozen=True)
class MoreText:
    """Text to learn from in addition to the annotated documents.

    Args:
        pseudo: pseudo-labelled documents, as `read_pseudo_labels` returns them.
        unlabelled: documents whose annotation, if any, is not used.

    Example:
        >>> import bert4ner
        >>> more = bert4ner.MoreText(unlabelled=[bert4ner.Document("a", "人参治头痛")])
        >>> [each.document.weight for each in more.all]
        [0.0]
    """

    pseudo: Sequence[PseudoLabelled] = ()
    """Pseudo-labelled documents; see `runs.pseudo_labels`."""
    unlabelled: Sequence[Document] = ()
    """Documents for modifiers that learn without labels; their annotation is ignored."""

    @property
    def all(self) -> list[PseudoLabelled]:
        """Both kinds; documents without labels have the weight 0."""
        return [*self.pseudo, *as_unlabelled(self.unlabelled)]
