"""``bert4ner report``: a run on one HTML page."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from bert4ner.cli.options import InputFormat, check_overwrite, check_run


def report(
    run: Annotated[Path, Positional, arg(metavar="RUN", help="The folder of a complete run.")],
    *,
    gold: Annotated[
        Path | None,
        arg(metavar="DATA", help="The annotated documents that the run was made from; adds errors and calibration."),
    ] = None,
    format: InputFormat = "auto",
    output: Annotated[Path | None, arg(metavar="FILE", help="The page; by default report.html in the run.")] = None,
) -> None:
    """Write a report of a run: configuration, data, scores, labels, curves, errors, calibration, speed.

    One HTML page, complete in itself, to be read without a network and printed. A run keeps what was found but not the
    annotation: examples of errors and the reliability of scores need --gold.

    e.g.  bert4ner report runs/demo --gold examples/data/leaflets.jsonl
    """
    from bert4ner.data.documents import read_documents
    from bert4ner.report.page import write_report

    check_run(run)
    if gold is not None and output is not None:
        check_overwrite(gold, output)
    documents = None if gold is None else read_documents(gold, format)
    path = write_report(run, gold=documents, output=output)
    print(f"report: {path}")
    if gold is None:
        print("without errors and calibration; add --gold DATA, the documents that the run was made from")
