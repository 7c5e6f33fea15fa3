"""``bert4ner report``: a run on one HTML page."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import InputFormat, check_run
from bert4ner.cli.outputs import Overwrite, check_output
from bert4ner.data.streams import is_stdout
from bert4ner.options import describe


def report(
    run: Annotated[Path, describe("The folder of a complete run.", metavar="RUN")],
    *,
    gold: Annotated[
        Path | None,
        describe("The annotated documents that the run was made from; adds errors and calibration.", metavar="DATA"),
    ] = None,
    format: InputFormat = "auto",
    output: Annotated[Path | None, describe("The page; by default report.html in the run.", metavar="FILE")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a report of a run: configuration, data, scores, labels, curves, errors, calibration, speed.

    One HTML page, complete in itself, to be read without a network and printed. A run keeps what was found but not the
    annotation: examples of errors and the reliability of scores need --gold.

    e.g.  bert4ner report runs/demo --gold examples/data/leaflets.jsonl
    """
    from bert4ner.cli.printing import tell
    from bert4ner.data.documents import read_documents
    from bert4ner.report.page import write_report

    check_run(run)
    if output is not None:
        check_output(output, gold, overwrite=overwrite)
    documents = None if gold is None else read_documents(gold, format)
    path = write_report(run, gold=documents, output=output)
    tell(f"report: {path}", aside=output is not None and is_stdout(output))
    if gold is None:
        tell("without errors and calibration; add --gold DATA, the documents that the run was made from")
