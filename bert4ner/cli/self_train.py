"""``bert4ner self-train``: cross-validations taught by what the one before finds in new documents."""

import shlex
from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat
from bert4ner.config import Config
from bert4ner.options import describe
from bert4ner.unlabelled.options import SelfTrainingOptions


def self_train(
    data: Data,
    unlabelled: Annotated[Path, describe("New documents; annotation in them is ignored.", metavar="UNLABELLED")],
    *,
    output: Annotated[Path, describe("Folder for the runs of all rounds.", metavar="DIR")],
    format: InputFormat = "auto",
    rounds: SelfTrainingOptions = SelfTrainingOptions(),  # noqa: B008  (frozen)
    execution: ExecutionOptions = ExecutionOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Cross-validate, label new documents, cross-validate with them, and so on as long as the F1 rises.

    Each fold is taught by its own models of the round before, which never saw what it holds out. Killed at any moment,
    the same command goes on.

    e.g.  bert4ner self-train train.json new.txt --pretrained pretrained/tcm-mini --output runs/rounds --rounds 2
    """
    from bert4ner.cli.printing import print_table, score_cells, tell, told
    from bert4ner.data.documents import read_documents

    executor = execution.open()
    documents, new = read_documents(data, format), read_documents(unlabelled, annotated=False)
    from bert4ner.unlabelled.self_training import self_train as train_in_rounds  # deferred: it loads TensorFlow

    rounds_done = train_in_rounds(documents, new, options, output=output, options=rounds, executor=executor)
    if not told():
        return
    rows = [[number, each.labels, *score_cells(each.scores.micro)] for number, each in enumerate(rounds_done)]
    print_table("All held-out documents, round by round", ["round", "labels", "P", "R", "F1"], [rows])
    best = max(rounds_done, key=lambda each: each.scores.micro.f1)
    tell(f"best:  {best.run}")
    tell(f"next:  bert4ner predict {shlex.quote(str(best.run))} NEW.txt --output found.jsonl")
