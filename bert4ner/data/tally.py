"""Counts documents, entities and labels while they are read or written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bert4ner.entities import Document


@dataclass
class Tally:
    """Documents and their entities, counted as they pass.

    Example:
        >>> tally = Tally()
        >>> kept = list(tally.counting([Document("1", "气血")]))
        >>> str(tally)
        '1 document, 0 entities, 0 labels'
    """

    documents: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    def counting(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents themselves, each counted when it is requested."""
        for document in documents:
            self.documents += 1
            self.labels.update(entity.label for entity in document.entities)
            yield document

    def __str__(self) -> str:
        counts = (
            (self.documents, "document", "documents"),
            (self.labels.total(), "entity", "entities"),
            (len(self.labels), "label", "labels"),
        )
        return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts)
