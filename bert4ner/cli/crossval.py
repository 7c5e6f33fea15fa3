"""``bert4ner crossval``: K models, each scored on documents that it did not see."""

from typing import Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat, NewRun, TextOptions
from bert4ner.config import Config
from bert4ner.options import describe

Folds = Annotated[int, describe("Number of parts; a model is trained without each.", low=2)]


def crossval(
    data: Data,
    *,
    output: NewRun,
    folds: Folds = 5,
    format: InputFormat = "auto",
    execution: ExecutionOptions = ExecutionOptions(),  # noqa: B008  (frozen)
    text: TextOptions = TextOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Train K models, each on all documents but one part, and score it on that part.

    --seeds 3 trains three models for each part, and reports their mean and spread. --bootstrap draws the training
    documents of each model with replacement, and scores it on those left out. --pseudo gives more documents to learn
    from; each fold takes those whose labels come from models that never saw what it holds out. --unlabelled gives texts
    without labels to the modifiers that learn from such.

    After every epoch the part held out is scored, and the best epoch is kept. Killed at any moment, the same command
    goes on after the last completed epoch.

    e.g.  bert4ner crossval examples/data/leaflets.jsonl --pretrained pretrained/tcm-mini --output runs/demo --folds 3
    """
    from bert4ner.cli.training import print_training
    from bert4ner.data.documents import read_documents
    from bert4ner.train.crossval import cross_validate

    documents = read_documents(data, format)
    more, executor = text.read(), execution.open()
    scores = cross_validate(documents, options, output=output, folds=folds, executor=executor, more=more)
    print_training(output, scores)
