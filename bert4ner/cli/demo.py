"""``bert4ner demo``: the whole loop on the bundled sample, in any folder."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.crossval import Folds
from bert4ner.options import describe


def demo(
    *,
    output: Annotated[Path, describe("Folder for the run.", metavar="RUN")] = Path("runs/demo"),
    folds: Folds = 3,
    epochs: Annotated[int, describe("Passes over the training documents.", low=1)] = 10,
) -> None:
    """Show what bert4ner does on a bundled sample: cross-validate, find entities in new texts, write a report.

    The sample has 129 leaflets of Chinese medicines; the encoder, tcm-mini, is small and was trained on such text. For
    your own data, use `bert4ner crossval` with an encoder that knows Chinese well.

    e.g.  bert4ner demo --output runs/demo
    """
    from bert4ner.bundled import ENCODER, UNLABELLED, bundled
    from bert4ner.cli.found import print_found
    from bert4ner.cli.training import print_training
    from bert4ner.combine.recognizer import load_recognizer
    from bert4ner.config import Config
    from bert4ner.data.documents import read_documents, write_documents
    from bert4ner.data.sample import sample_documents
    from bert4ner.report.page import write_report
    from bert4ner.train.crossval import cross_validate

    documents = sample_documents()
    scores = cross_validate(documents, Config(pretrained=ENCODER, epochs=epochs), output=output, folds=folds)
    found = list(load_recognizer(output).predict(read_documents(bundled(UNLABELLED), "text", annotated=False)))
    predicted = output / "predicted.jsonl"
    write_documents(found, predicted, "jsonl")
    report = write_report(output, gold=documents)
    print_training(output, scores)
    print_found(found)
    print(f"found:  {predicted}, {sum(len(each.entities) for each in found)} entities in {len(found)} new texts")
    print(f"report: {report}")
