"""What thresholds keep of candidates, document by document, as a combined run does."""

from collections.abc import Mapping, Sequence

from bert4ner.combine.selection import select
from bert4ner.entities import Document
from bert4ner.runs.rules import Rule


def select_all(candidates: Sequence[Document], rule: Rule, thresholds: Mapping[str, float]) -> list[Document]:
    """The documents with the candidates that are selected."""
    return [
        Document(
            each.id,
            each.text,
            tuple(select(each.entities, threshold=rule.threshold, thresholds=thresholds, nesting=rule.nesting)),
        )
        for each in candidates
    ]
