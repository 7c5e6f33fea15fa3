"""``bert4ner predict``: entities in new documents, any number of them, in constant memory."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import InputFormat, OutputFormat, Run, check_run
from bert4ner.cli.outputs import Overwrite, check_output, folder_replaced
from bert4ner.data.streams import is_stdout
from bert4ner.entities import Document
from bert4ner.options import Options, describe, option

SHOWN = 5  # findings, of the first documents that have any


@dataclass(frozen=True)
class PredictOptions(Options):
    """How entities are found, and what is written of them."""

    batch_tokens: int | None = option(None, "Tokens in one batch, padding counted; fewer need less memory.", low=1)
    nbest: int = option(
        1,
        "Above 1, candidates for higher recall in place of one answer: all that is on any of so many best paths, of "
        "heads that score spans all above 1 / (2 INT), each with its probability; they may overlap.",
        low=1,
    )
    mentions: bool = option(True, "Write the text of each entity beside its offsets, in jsonl.")


def predict(
    run: Run,
    input: Annotated[Path, describe("Documents; entities in them are not looked at; - is stdin.", metavar="INPUT")],
    *,
    output: Annotated[Path, describe("Where the documents go with what was found; - is stdout.", metavar="FILE")],
    format: OutputFormat = "jsonl",
    input_format: InputFormat = "auto",
    overwrite: Overwrite = False,
    options: PredictOptions = PredictOptions(),
) -> None:
    """Find the entities in new documents.

    All models of a run are averaged. Documents are read, recognized and written one batch at a time; the file appears
    when all are done.

    e.g.  bert4ner predict runs/demo examples/data/leaflets-unlabelled.txt --output found.jsonl
    """
    from bert4ner.cli.printing import counted
    from bert4ner.data.documents import iterate_documents, write_documents

    check_run(run)
    check_output(output, input, overwrite=overwrite, brat=format == "brat")
    documents = iterate_documents(input, input_format)
    first = next(documents)  # now: bad input is to be told before TensorFlow is waited for
    tally = _Tally()
    found = tally.counting(counted(_recognized(run, chain([first], documents), options)))
    more = {"mentions": options.mentions} if format == "jsonl" else {}
    with folder_replaced(output, overwrite=overwrite and format == "brat") as place:
        write_documents(found, place, format, **more)
    tally.tell(output)


@dataclass
class _Tally:
    """What went by, to be told at the end."""

    started: float = field(default_factory=time.monotonic)
    documents: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    first: list[str] = field(default_factory=list)

    def counting(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents themselves."""
        for document in documents:
            self.documents += 1
            self.labels.update(entity.label for entity in document.entities)
            for entity in document.entities[: SHOWN - len(self.first)]:
                self.first.append(f"{document.id}: {document.mention(entity)}  {entity.label}")
            yield document

    def tell(self, output: Path) -> None:
        """Count, path, time and the first findings."""
        from bert4ner.cli.printing import one_line, tell

        aside, seconds = is_stdout(output), time.monotonic() - self.started
        counts = f"{self.documents} documents, {self.labels.total()} entities of {len(self.labels)} labels"
        tell(f"{output}: {counts}, in {seconds:.1f} s", aside=aside)
        for line in self.first:
            tell(f"  {one_line(line)}", aside=aside)
        more = self.labels.total() - len(self.first)
        if more:
            tell(f"  and {more} more", aside=aside)


def _recognized(run: Path, documents: Iterable[Document], options: PredictOptions) -> Iterator[Document]:
    """Loads the model when the first document is asked for: by then it is clear that the output can be written."""
    from bert4ner.combine.recognizer import load_recognizer

    recognizer = load_recognizer(run)
    if options.batch_tokens is None:
        yield from recognizer.predict(documents, nbest=options.nbest)
    else:
        yield from recognizer.predict(documents, batch_tokens=options.batch_tokens, nbest=options.nbest)
