"""``bert4ner labels``: which labels there are in annotated data."""

from collections import Counter

from bert4ner.cli.options import Data, InputFormat


def labels(data: Data, *, format: InputFormat = "auto") -> None:
    """Count the entities of each label.

    e.g.  bert4ner labels examples/data/leaflets.jsonl
    """
    from bert4ner.data.documents import read_documents

    counts = Counter(entity.label for document in read_documents(data, format) for entity in document.entities)
    for label in sorted(counts):
        print(f"{label}\t{counts[label]}")
