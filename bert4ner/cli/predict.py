"""``bert4ner predict``: the entities of new documents, any number of them, in constant memory."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import InputFormat, OutputFormat, Run, check_overwrite, check_run
from bert4ner.entities import Document
from bert4ner.errors import ConfigError
from bert4ner.options import describe

BatchTokens = Annotated[int | None, describe("Tokens in one batch, padding counted; fewer need less memory.", low=1)]
NBest = Annotated[
    int,
    describe(
        "Above 1, candidates for higher recall in place of one answer: all that is on any of so many best paths, of "
        "heads that score spans all above 1 / (2 INT), each with its probability; they may overlap.",
        low=1,
    ),
]
_STDOUT = Path("-")


def predict(
    run: Run,
    input: Annotated[Path, describe("Documents; entities in them are not looked at.", metavar="INPUT")],
    *,
    output: Annotated[Path, describe("Where the documents go with what was found; - is stdout.", metavar="FILE")],
    format: OutputFormat = "jsonl",
    input_format: InputFormat = "auto",
    batch_tokens: BatchTokens = None,
    nbest: NBest = 1,
) -> None:
    """Find the entities in new documents.

    All models of a run are averaged. Documents are read, recognized and written one batch at a time; the file appears
    when all are done.

    e.g.  bert4ner predict runs/demo examples/data/leaflets-unlabelled.txt --output found.jsonl
    """
    from bert4ner.cli.printing import counted
    from bert4ner.data.documents import iterate_documents, write_documents

    check_run(run)
    if output == _STDOUT and format != "jsonl":
        raise ConfigError(f"--output - writes jsonl, not {format}; name a file")
    check_overwrite(input, output)
    documents = iterate_documents(input, input_format)
    first = next(documents)  # now: bad input is to be told before TensorFlow is waited for
    found = counted(_recognized(run, chain([first], documents), batch_tokens, nbest))
    if output == _STDOUT:
        _print_jsonl(found)
    else:
        write_documents(found, output, format)


def _recognized(run: Path, documents: Iterable[Document], batch_tokens: int | None, nbest: int) -> Iterator[Document]:
    """Loads the model when the first document is asked for: by then it is clear that the output can be written."""
    from bert4ner.combine.recognizer import load_recognizer

    recognizer = load_recognizer(run)
    if batch_tokens is None:
        yield from recognizer.predict(documents, nbest=nbest)
    else:
        yield from recognizer.predict(documents, batch_tokens=batch_tokens, nbest=nbest)


def _print_jsonl(documents: Iterable[Document]) -> None:
    from bert4ner.data.jsonl import to_record

    for document in documents:
        sys.stdout.write(json.dumps(to_record(document), ensure_ascii=False) + "\n")
