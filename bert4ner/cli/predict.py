"""``bert4ner predict``: entities in new documents, any number of them, in constant memory."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import InputFormat, OutputFormat, Run, check_run
from bert4ner.cli.outputs import Overwrite, check_output, replacing, written_format
from bert4ner.cli.reading import ReadingOptions
from bert4ner.data.format import Format
from bert4ner.data.streams import is_stdout
from bert4ner.data.tally import Tally
from bert4ner.entities import Document
from bert4ner.options import Options, describe, option
from bert4ner.registry import FORMATS
from bert4ner.runs.labels import labels_of

SHOWN = 5  # examples, from the first documents that have any


@dataclass(frozen=True)
class PredictOptions(Options):
    """How to find entities, and how to write them."""

    batch_tokens: int | None = option(None, "Tokens in one batch, including padding; fewer need less memory.", low=1)
    nbest: int = option(
        1,
        "Above 1, candidates for higher recall in place of one answer: all entities on any of so many best paths; with "
        "heads that score spans all above 1 / (2 INT). Each has its probability; they may overlap.",
        low=1,
    )
    verify: bool = option(True, "Compare the files of RUN's models with their manifests first.")
    mentions: bool = option(True, "Write the text of each entity beside its offsets, in jsonl.")


def predict(
    run: Run,
    input: Annotated[Path, describe("Documents; their entities are ignored; - is stdin.", metavar="INPUT")],
    *,
    output: Annotated[Path, describe("File for the documents with predicted entities; - is stdout.", metavar="FILE")],
    format: OutputFormat = None,
    input_format: InputFormat = "auto",
    overwrite: Overwrite = False,
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    options: PredictOptions = PredictOptions(),
) -> None:
    """Find the entities in new documents.

    All models of a run are averaged. Documents are read, recognized and written one batch at a time; the file appears
    when all are done; without --format and a known ending of its name it is jsonl.

    e.g.  bert4ner predict runs/mine new.txt --output found.jsonl
    """
    from bert4ner.cli.printing import counted
    from bert4ner.data.documents import iterate_documents, write_documents

    check_run(run)
    format, remark = written_format(output, format, otherwise="jsonl")
    check_output(output, input, overwrite=overwrite, brat=format == "brat")
    _check_labels(run, format)
    documents = iterate_documents(input, input_format, **reading.given())
    first = next(documents)  # now: bad input is reported before TensorFlow loads
    findings = _Findings()
    found = findings.counting(counted(_recognized(run, chain([first], documents), options)))
    more: dict[str, object] = {"mentions": options.mentions} if format == "jsonl" else {}
    write_documents(found, output, format, **more, **replacing(format, overwrite=overwrite))
    findings.report(output, f", written as {format}{remark}" if remark else "")


def _check_labels(run: Path, format: str) -> None:
    """Refuse a format that cannot hold a label of the run: the first such entity may come after hours.

    Raises:
        DataError: naming the label.
        RunError: the run's labels cannot be read.
    """
    written: Format = FORMATS.get(format)
    if written.holds.labels is not None:
        written.check_labels(labels_of(run), where=run)


@dataclass
class _Findings:
    """Counts the documents and keeps examples, for the report at the end."""

    started: float = field(default_factory=time.monotonic)
    tally: Tally = field(default_factory=Tally)
    first: list[str] = field(default_factory=list)

    def counting(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents themselves."""
        for document in self.tally.counting(documents):
            for entity in document.entities[: SHOWN - len(self.first)]:
                self.first.append(f"{document.id}: {document.mention(entity)}  {entity.label}")
            yield document

    def report(self, output: Path, written: str) -> None:
        """Print count, path, time, a remark on the format, and examples."""
        from bert4ner.cli.printing import one_line, print_note

        aside, seconds = is_stdout(output), time.monotonic() - self.started
        print_note(f"{output}: {self.tally}, in {seconds:.1f} s{written}", aside=aside)
        for line in self.first:
            print_note(f"  {one_line(line)}", aside=aside)
        more = self.tally.labels.total() - len(self.first)
        if more:
            print_note(f"  and {more} more", aside=aside)


def _recognized(run: Path, documents: Iterable[Document], options: PredictOptions) -> Iterator[Document]:
    """Load the model when the first document is requested: by then the output is known to be writable."""
    from bert4ner.combine.recognizer import load_recognizer

    recognizer = load_recognizer(run, verify=options.verify)
    if options.batch_tokens is None:
        yield from recognizer.predict(documents, nbest=options.nbest)
    else:
        yield from recognizer.predict(documents, batch_tokens=options.batch_tokens, nbest=options.nbest)
