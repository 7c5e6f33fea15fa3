"""``bert4ner tune``: a search for options."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import Config
from bert4ner.options import describe
from bert4ner.tuning.options import TuningOptions

if TYPE_CHECKING:
    from bert4ner.tuning.tune import Tuning


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

    e.g.  bert4ner tune train.json --pretrained tcm-mini --output search
    """
    from bert4ner.tuning.sampler import check_optuna
    from bert4ner.tuning.space import check_search

    check_optuna()  # this and the next two before a large file is read
    options.model.named_encoder()
    check_search(search, options, valid=valid is not None)
    executor = execution.open()
    documents = reading.read(data, format)
    validation = None if valid is None else reading.read(valid, format)
    from bert4ner.tuning.tune import tune as search_options  # deferred: it loads TensorFlow

    found = search_options(documents, options, output=output, valid=validation, options=search, executor=executor)
    _print(found, data)


def _print(found: "Tuning", data: Path) -> None:
    from bert4ner.cli.printing import notes_shown, percent, print_note, print_table

    if not notes_shown():
        return
    trials = sorted(found.trials, key=lambda each: (each.state == "complete", each.f1 or 0), reverse=True)
    names = list(dict.fromkeys(name for each in trials for name in each.options))
    rows = [
        [
            each.number,
            "" if each.f1 is None else percent(each.f1),
            each.state,
            *(each.shown.get(name, "as given") for name in names),
        ]
        for each in trials
    ]
    print_table(f"{len(trials)} trials on their held-out documents", ["trial", "F1", "state", *names], [rows])
    print_note("Note: the best of many trials is better on these documents than on others; score it on others.")
    if found.best.number == 1:
        print_note("no trial was better than the first, which has the options as they were given")
    config = shlex.quote(str(found.config))
    print_note(f"best:  {found.output / found.best.name}, all its options: {found.config}")
    print_note(f"next:  bert4ner crossval {shlex.quote(str(data))} --config {config} --output RUN")
