"""``bert4ner tune``: a search for options."""

import shlex
from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import Config
from bert4ner.options import describe
from bert4ner.tuning.options import TuningOptions


def tune(
    data: Data,
    *,
    output: Annotated[
        Path, describe("Folder for the search; the same command continues where it stopped.", metavar="DIR")
    ],
    valid: Annotated[
        Path | None,
        describe("Documents to score every trial on; by default a share of DATA.", metavar="DATA"),
    ] = None,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    search: TuningOptions = TuningOptions(),  # noqa: B008  (frozen)
    execution: ExecutionOptions = ExecutionOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Search for options: train with many, score on the same held-out documents, and keep the best.

    Trials after the first few draw values near those of good ones. Training options without --search apply to every
    trial. If the search is killed at any moment, the same command continues; a larger --trials adds to it.

    e.g.  bert4ner tune train.json --pretrained tcm-mini --output search --search "head=crf|w2ner"
    """
    from bert4ner.cli.printing import notes_shown, percent, print_note, print_table
    from bert4ner.tuning.sampler import check_optuna

    check_optuna()  # before a large file is read
    options.model.named_encoder()
    executor = execution.open()
    documents = reading.read(data, format)
    validation = None if valid is None else reading.read(valid, format)
    from bert4ner.tuning.tune import tune as search_options  # deferred: it loads TensorFlow

    found = search_options(documents, options, output=output, valid=validation, options=search, executor=executor)
    if not notes_shown():
        return
    ranked = sorted(found.trials, key=lambda each: (each.state == "complete", each.f1 or 0), reverse=True)
    names = list(dict.fromkeys(name for each in found.trials for name in each.options))
    rows = [
        [
            each.number,
            "" if each.f1 is None else percent(each.f1),
            each.state,
            *(each.options.get(name, "") for name in names),
        ]
        for each in ranked
    ]
    print_table("Trials on their held-out documents", ["trial", "F1", "", *names], [rows[:10]])
    best, first = output / found.best.name, output / found.trials[0].name
    print_note("Note: the best of many trials is better on these documents than on others; score it on others.")
    if best == first:
        print_note("no trial was better than the first, which has the options as they were given")
    else:
        print_note(f"compare: bert4ner compare {shlex.quote(str(first))} {shlex.quote(str(best))} --gold GOLD")
    print_note(f"best:  {best}, all its options: {found.config}")
    print_note(
        f"next:  bert4ner crossval {shlex.quote(str(data))} --config {shlex.quote(str(found.config))} --output RUN"
    )
