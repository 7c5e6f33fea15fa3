"""``bert4ner train``: one model."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat, NewRun, TextOptions
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import Config
from bert4ner.options import describe


def train(
    data: Data,
    *,
    output: NewRun,
    valid: Annotated[
        Path | None,
        describe("Documents to choose the best epoch on; by default a share of DATA.", metavar="DATA"),
    ] = None,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    execution: ExecutionOptions = ExecutionOptions(),  # noqa: B008  (frozen)
    text: TextOptions = TextOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Train one model and keep the epoch that scores best on validation documents.

    --seeds 3 trains three models that differ only in their random seed; their mean and spread are reported, and the run
    predicts with their average. --bootstrap draws the training documents with replacement and scores on those left out.

    If the training is killed at any moment, the same command continues after the last completed epoch.

    e.g.  bert4ner train train.json --pretrained tcm-mini --output runs/one
    """
    from bert4ner.cli.training import print_training
    from bert4ner.train.crossval import train_model as train_one

    options.model.named_encoder()  # before a large file is read
    documents = reading.read(data, format)
    validation = None if valid is None else reading.read(valid, format)
    more, executor = text.read(), execution.open()
    scores = train_one(documents, options, output=output, valid=validation, executor=executor, more=more)
    print_training(output, scores)
