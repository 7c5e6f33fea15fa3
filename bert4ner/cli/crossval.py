"""``bert4ner crossval``: K models, each scored on documents that it did not see."""

from typing import Annotated

from bert4ner.cli.options import Data, ExecutorName, InputFormat, Jobs, NewRun
from bert4ner.config import Config
from bert4ner.options import describe

Folds = Annotated[int, describe("Parts of the documents, for each of which models are trained without it.", low=2)]


def crossval(
    data: Data,
    *,
    output: NewRun,
    folds: Folds = 5,
    jobs: Jobs = 1,
    executor: ExecutorName = "local",
    format: InputFormat = "auto",
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Train K models, each on all documents but one part, and score it on that part.

    With --seeds each part has so many models. With --bootstrap parts are what random draws with replacement leave out.
    After every epoch the part held out is scored, and the best epoch is kept. Killed at any moment, the same command
    goes on after the last completed epoch.

    e.g.  bert4ner crossval examples/data/leaflets.jsonl --pretrained pretrained/tcm-mini --output runs/demo --folds 3
    """
    from bert4ner.cli.training import print_training
    from bert4ner.data.documents import read_documents
    from bert4ner.train.crossval import cross_validate

    documents = read_documents(data, format)
    scores = cross_validate(documents, options, output=output, folds=folds, jobs=jobs, executor=executor)
    print_training(output, scores)
