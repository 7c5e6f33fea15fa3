"""``bert4ner crossval``: K models, each scored on documents that it did not see."""

from typing import Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat, NewRun, TextOptions
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import Config
from bert4ner.options import describe

Folds = Annotated[int, describe("Number of folds; each fold is held out from its own model.", low=2)]


def crossval(
    data: Data,
    *,
    output: NewRun,
    folds: Folds = 5,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    execution: ExecutionOptions = ExecutionOptions(),  # noqa: B008  (frozen)
    text: TextOptions = TextOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Train K models, each on all folds but one, and score it on the fold that it did not see.

    --seeds 3 trains three models for each fold, and reports their mean and spread. --bootstrap draws the training
    documents of each model with replacement, and scores it on those left out. --pseudo adds documents to learn from;
    each fold uses only labels of models that never saw its held-out documents. --unlabelled adds texts without labels
    for the modifiers that learn from these.

    After every epoch the held-out fold is scored, and the best epoch is kept. If the training is killed at any moment,
    the same command continues after the last completed epoch.

    e.g.  bert4ner crossval train.json --pretrained tcm-mini --output runs/mine
    """
    from bert4ner.cli.training import print_training
    from bert4ner.train.crossval import cross_validate

    options.model.named_encoder()  # before a large file is read
    documents = reading.read(data, format)
    more, executor = text.read(), execution.open()
    scores = cross_validate(documents, options, output=output, folds=folds, executor=executor, more=more)
    print_training(output, scores)
