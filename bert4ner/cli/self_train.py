"""``bert4ner self-train``: cross-validations that learn from pseudo-labels of the previous one."""

import shlex
from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import Config
from bert4ner.options import describe
from bert4ner.unlabelled.options import SelfTrainingOptions


def self_train(
    data: Data,
    unlabelled: Annotated[Path, describe("New documents; their annotation is ignored.", metavar="UNLABELLED")],
    *,
    output: Annotated[Path, describe("Folder for the runs of all rounds.", metavar="DIR")],
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    rounds: SelfTrainingOptions = SelfTrainingOptions(),  # noqa: B008  (frozen)
    execution: ExecutionOptions = ExecutionOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Cross-validate, label new documents, cross-validate with them, and so on as long as the F1 rises.

    Each fold learns from its own models of the previous round, which never saw its held-out documents. If the command
    is killed at any moment, run it again to continue.

    e.g.  bert4ner self-train zh.json new.txt --pretrained tcm-mini --output rounds
    """
    from bert4ner.cli.printing import notes_shown, print_note, print_table, score_cells
    from bert4ner.data.documents import read_documents

    executor = execution.open()
    options.model.named_encoder()  # before large files are read
    documents, new = reading.read(data, format), read_documents(unlabelled, annotated=False)
    from bert4ner.unlabelled.self_training import self_train as train_in_rounds  # deferred: it loads TensorFlow

    rounds_done = train_in_rounds(documents, new, options, output=output, options=rounds, executor=executor)
    if not notes_shown():
        return
    rows = [[number, each.labels, *score_cells(each.scores.micro)] for number, each in enumerate(rounds_done)]
    print_table("All held-out documents, round by round", ["round", "labels", "P", "R", "F1"], [rows])
    best = max(rounds_done, key=lambda each: each.scores.micro.f1)
    print_note(f"best:  {best.run}")
    print_note(f"next:  bert4ner predict {shlex.quote(str(best.run))} NEW.txt --output found.jsonl")
