"""``bert4ner pseudo``: labels new documents with the models of a run, for training."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.cli.options import InputFormat, check_run
from bert4ner.cli.outputs import Overwrite, check_output
from bert4ner.cli.reading import ReadingOptions
from bert4ner.data.streams import is_stdout
from bert4ner.options import describe
from bert4ner.unlabelled.options import PseudoOptions

if TYPE_CHECKING:
    from bert4ner.unlabelled.labelling import Lesson


def pseudo(
    run: Annotated[Path, describe("Folder of a complete run.", metavar="RUN")],
    unlabelled: Annotated[Path, describe("New documents; their annotation is ignored.", metavar="UNLABELLED")],
    *,
    output: Annotated[Path, describe("File for the documents with their labels, as jsonl.", metavar="FILE")],
    input_format: InputFormat = "auto",
    by_fold: Annotated[
        bool,
        describe("Label every document by each fold's own models, so that `crossval --pseudo` can learn from it."),
    ] = False,
    overwrite: Overwrite = False,
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    options: PseudoOptions = PseudoOptions(),  # noqa: B008  (frozen)
) -> None:
    """Label new documents with a run, to learn from them beside annotated ones (train --pseudo, crossval --pseudo).

    Probable entities become pseudo-labels. Spans that may or may not be entities stay unsure: training ignores them.
    Each document gets a weight, and records which models labelled it. With --by-fold each fold's models label the
    documents by
    themselves: in a cross-validation with the same documents, folds and seed, no fold learns from its held-out
        documents.

    e.g.  bert4ner pseudo runs/mine new.txt --output pseudo.jsonl --by-fold
    """
    from bert4ner.cli.printing import notes_shown, print_note
    from bert4ner.data.documents import read_documents
    from bert4ner.runs.pseudo_labels import write_pseudo_labels

    check_run(run)
    check_output(output, unlabelled, overwrite=overwrite)
    documents = read_documents(unlabelled, input_format, annotated=False, **reading.given())
    from bert4ner.unlabelled.labelling import pseudo_label  # deferred: bad input is reported without TensorFlow

    lessons = list(pseudo_label(run, documents, options, by_fold=by_fold))
    write_pseudo_labels([each for lesson in lessons for each in lesson.labelled], output)
    if not notes_shown() or is_stdout(output):
        return
    _print_lessons(lessons)
    print_note(f"file:  {output}")
    command = "crossval" if by_fold else "train"
    print_note(f"next:  bert4ner {command} DATA --pseudo {shlex.quote(str(output))} --output NEW")


def _print_lessons(lessons: list["Lesson"]) -> None:
    from bert4ner.cli.printing import print_table

    rows = [
        [
            ", ".join(map(str, lesson.teachers.folds)),
            len(lesson.documents),
            lesson.left_out,
            sum(len(document.entities) for document in lesson.documents),
            sum(len(document.unsure) for document in lesson.documents),
            f"{lesson.weight:.4f}",
            "" if lesson.rule is None else f"{lesson.rule[0]:.4f} to {lesson.rule[1]:.4f}",
        ]
        for lesson in lessons
    ]
    columns = ["fold", "documents", "left out", "labels", "left open", "weight", "rule of thumb"]
    print_table("New documents as the models of each fold label them", columns, [rows])
