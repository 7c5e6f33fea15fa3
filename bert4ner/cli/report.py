"""``bert4ner report``: a run on one HTML page."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import InputFormat, check_run
from bert4ner.cli.outputs import Overwrite, check_output
from bert4ner.cli.reading import ReadingOptions
from bert4ner.data.streams import is_stdout
from bert4ner.options import describe


def report(
    run: Annotated[Path, describe("The folder of a complete run.", metavar="RUN")],
    *,
    gold: Annotated[
        Path | None,
        describe("The annotated documents that the run was made from; adds errors and calibration.", metavar="DATA"),
    ] = None,
    output: Annotated[
        Path | None,
        describe(
            "The page; by default report.html in the run, which is made anew from the run without --overwrite.",
            metavar="FILE",
        ),
    ] = None,
    overwrite: Overwrite = False,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
) -> None:
    """Write a report of a run: configuration, data, scores, labels, curves, errors, calibration, speed.

    The report is one self-contained HTML page that needs no network and can be printed. A run keeps predictions but not
    the annotation, so examples of errors and the reliability of scores need --gold.

    e.g.  bert4ner report runs/mine --gold train.json
    """
    from bert4ner.cli.printing import print_note
    from bert4ner.report.page import write_report

    check_run(run)
    if output is not None:
        check_output(output, gold, overwrite=overwrite)
    documents = None if gold is None else reading.read(gold, format)
    path = write_report(run, gold=documents, output=output)
    print_note(f"report: {path}", aside=output is not None and is_stdout(output))
    if gold is None:
        print_note("without errors and calibration; add --gold DATA, the documents that the run was made from")
