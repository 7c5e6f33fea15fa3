"""``bert4ner crossval``: K models, each scored on documents that it did not see."""

from typing import Annotated

from bert4ner.cli.options import Data, InputFormat, NewRun
from bert4ner.config import Config
from bert4ner.options import describe


def crossval(
    data: Data,
    *,
    output: NewRun,
    folds: Annotated[int, describe("How many models, each trained without one part of the documents.")] = 5,
    jobs: Annotated[int, describe("How many of them are trained at a time; results are the same.", metavar="N")] = 1,
    format: InputFormat = "auto",
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Train K models, each on all documents but one part, and score it on that part.

    After every epoch the part held out is scored, and the best epoch is kept. Killed at any moment, the same command
    goes on after the last completed epoch.

    e.g.  bert4ner crossval examples/data/leaflets.jsonl --pretrained pretrained/tcm-mini --output runs/demo --folds 3
    """
    from bert4ner.cli.training import print_training
    from bert4ner.data.documents import read_documents
    from bert4ner.train.crossval import cross_validate

    scores = cross_validate(read_documents(data, format), options, output=output, folds=folds, jobs=jobs)
    print_training(output, scores)
