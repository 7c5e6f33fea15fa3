"""spaCy's binary DocBin as records of its pairs. Needs spaCy itself (the extra `spacy`): its strings are hashed."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert4ner.data.files import open_bytes
from bert4ner.errors import DataError, in_one_line

ZLIB = (b"x\x9c", b"x\x01", b"x\xda", b"x\x5e")
"""The first bytes of compressed data, such as these files."""


def is_docbin(path: Path) -> bool:
    """Whether a file may be a DocBin, by its first bytes."""
    if path.is_dir():
        return False
    with open_bytes(path) as handle:
        return handle.read(2) in ZLIB


def docbin_records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents of a DocBin as text and entities, each with its place.

    Raises:
        DataError: spaCy is not installed, or cannot read the file.
    """
    try:
        spacy, tokens = importlib.import_module("spacy"), importlib.import_module("spacy.tokens")
    except ImportError:
        raise DataError(
            f"{path}: this is spaCy's binary DocBin, which only spaCy reads: pip install 'bert4ner[spacy]', or save it "
            'as JSON where spaCy is installed, a pair ["text", {"entities": [[start, end, "LABEL"]]}] for each document'
        ) from None
    try:
        documents = list(tokens.DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))
    except Exception as problem:  # whatever spaCy raises for foreign bytes
        raise DataError(f"{path}: cannot be read as spaCy's DocBin ({in_one_line(problem)[:200]})") from None
    for number, document in enumerate(documents, start=1):
        groups = {name: [_listed(span) for span in spans] for name, spans in document.spans.items()}
        record = {"text": document.text, "entities": [_listed(entity) for entity in document.ents]}
        yield f"{path}: record {number}", {**record, "spans": groups} if groups else record


def _listed(span: Any) -> list[object]:  # noqa: ANN401  (spaCy may be absent)
    return [span.start_char, span.end_char, span.label_]
