"""Write documents as one JSON list, a record per line: the frame that `deepner`, `cmeee` and `labelstudio` share.

The callers define the records; `json_records.json_records` reads them.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document


def write_list(documents: Iterable[Document], path: Path, to_record: Callable[[Document], dict[str, object]]) -> None:
    """Keeps one document in memory at a time."""
    with atomic_write(path) as handle:
        separator = "[\n"
        for document in documents:
            handle.write(separator + json.dumps(to_record(document), ensure_ascii=False))
            separator = ",\n"
        handle.write("[]\n" if separator == "[\n" else "\n]\n")
