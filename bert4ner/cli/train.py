"""``bert4ner train``: one model."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import Data, ExecutionOptions, InputFormat, NewRun, TextOptions
from bert4ner.config import Config
from bert4ner.options import describe


def train(
    data: Data,
    *,
    output: NewRun,
    valid: Annotated[
        Path | None,
        describe("Documents to choose the best epoch on; by default a share of the others.", metavar="DATA"),
    ] = None,
    format: InputFormat = "auto",
    execution: ExecutionOptions = ExecutionOptions(),  # noqa: B008  (frozen)
    text: TextOptions = TextOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Train one model and keep the epoch that is best on validation documents.

    --seeds 3 trains three models that differ only by chance; their mean and spread are reported, and the run predicts
    with their average. --bootstrap draws the training documents with replacement and scores on those left out.

    Killed at any moment, the same command goes on after the last completed epoch.

    e.g.  bert4ner train examples/data/leaflets.jsonl --pretrained pretrained/tcm-mini --output runs/one --epochs 5
    """
    from bert4ner.cli.training import print_training
    from bert4ner.data.documents import read_documents
    from bert4ner.train.crossval import train as train_one

    documents = read_documents(data, format)
    validation = None if valid is None else read_documents(valid, format)
    more, executor = text.read(), execution.open()
    scores = train_one(documents, options, output=output, valid=validation, executor=executor, more=more)
    print_training(output, scores)
