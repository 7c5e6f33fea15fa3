"""``bert4ner crossval``: K models, each scored on documents that it did not see."""

from typing import Annotated

from tyro.conf import arg

from bert4ner.cli.options import Data, InputFormat, NewRun, Options
from bert4ner.config import Config


def crossval(
    data: Data,
    *,
    output: NewRun,
    folds: Annotated[int, arg(help="How many models, each trained without one part of the documents.")] = 5,
    jobs: Annotated[
        int, arg(metavar="N", help="How many of them are trained at a time; the results are the same.")
    ] = 1,
    format: InputFormat = "auto",
    options: Options = Config(),  # noqa: B008  (frozen)
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
