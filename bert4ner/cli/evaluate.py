"""``bert4ner evaluate``: precision, recall and F1 of a run, or of predictions in a file, against gold documents."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.cli.options import InputFormat, Json
from bert4ner.entities import Document, sorted_labels
from bert4ner.errors import DataError
from bert4ner.options import describe
from bert4ner.runs.layout import find_out_of_fold, is_run

if TYPE_CHECKING:
    from bert4ner.scoring.errors import ErrorExample, ErrorReport
    from bert4ner.scoring.metrics import Scores

SHOWN = 5  # examples of each kind; --json has more

logger = logging.getLogger(__name__)


def evaluate(
    predicted: Annotated[
        Path,
        describe("A run, which predicts the texts of GOLD, or documents as predicted.", metavar="RUN_OR_PREDICTIONS"),
    ],
    gold: Annotated[Path, describe("The documents as they should be.", metavar="GOLD")],
    *,
    format: InputFormat = "auto",
    errors: Annotated[bool, describe("Show kinds of errors, and examples of each.")] = False,
    json: Json = False,
) -> None:
    """Strict scores: an entity counts when start, end and label agree. Documents of two files are paired by id.

    `micro` pools all entities, `macro` is the mean of the labels, `weighted` weighs each label by its gold entities.
    Where gold entities are nested, the recall of those that share characters with another is told, too.
    The interval says how far micro F1 would move with other documents of the same kind (bootstrap, 95 %).

    e.g.  bert4ner evaluate runs/demo/out_of_fold.jsonl examples/data/leaflets.jsonl
    """
    from bert4ner.data.documents import read_documents
    from bert4ner.scoring.bootstrap import bootstrap_interval
    from bert4ner.scoring.errors import analyse_errors
    from bert4ner.scoring.metrics import evaluate as evaluate_documents

    documents = read_documents(gold, format)
    if any(entity.score is not None for document in documents for entity in document.entities):
        logger.warning(
            "%s stands in the place of GOLD, but its entities carry scores, as predictions do; "
            "expected bert4ner evaluate PREDICTIONS GOLD",
            gold,
        )
    found = _recognized(predicted, documents) if is_run(predicted) else read_documents(predicted, annotated=False)
    scores = evaluate_documents(documents, found)
    interval = bootstrap_interval(documents, found)
    report = analyse_errors(documents, found) if errors else None
    if json:
        _print_json(scores, interval, len(documents), report)
        return
    _print_scores(scores, interval, len(documents))
    if report is not None:
        _print_errors(report)


def _recognized(run: Path, gold: Sequence[Document]) -> list[Document]:
    """What a run finds in the texts of gold documents.

    Raises:
        DataError: gold has labels that the run does not know, so that the two are about different things.
    """
    from bert4ner.cli.printing import counted
    from bert4ner.combine.recognizer import load_recognizer

    recognizer = load_recognizer(run)
    unknown = sorted(set(sorted_labels(list(gold))) - set(recognizer.labels))
    if unknown:
        raise DataError(
            f"gold has labels that {run} does not know: {', '.join(unknown)}; it knows {', '.join(recognizer.labels)}"
        )
    _warn_of_own_documents(run, gold)
    return list(counted(recognizer.predict(gold)))


def _warn_of_own_documents(run: Path, gold: Sequence[Document]) -> None:
    from bert4ner.runs.predicted import read_predicted

    path = find_out_of_fold(run)
    if path is None:
        return
    own = {document.text for document in read_predicted(path.parent)}
    shared = sum(document.text in own for document in gold)
    if shared:
        logger.warning(
            "%d of %d gold texts were used to make this run, so that its scores on them flatter; "
            "%s holds what they got from a model that did not see them",
            shared,
            len(gold),
            path,
        )


def _print_json(
    scores: "Scores", interval: tuple[float, float], num_documents: int, report: "ErrorReport | None"
) -> None:
    from bert4ner.cli.printing import print_json

    extra = {} if report is None else {"errors": report.to_dict()}
    print_json({"documents": num_documents, **scores.to_dict(), "bootstrap_f1": list(interval), **extra})


def _print_scores(scores: "Scores", interval: tuple[float, float], num_documents: int) -> None:
    from bert4ner.cli.printing import average_rows, percent, print_table

    labels = [
        [label, percent(each.precision), percent(each.recall), percent(each.f1), each.gold, each.predicted, each.hits]
        for label, each in scores.counts.items()
    ]
    total = scores.total
    averages = [[*row, total.gold, total.predicted, total.hits] for row in average_rows(scores)]
    columns = ["label", "P", "R", "F1", "gold", "predicted", "both"]
    print_table(f"{num_documents} documents", columns, [labels, averages])
    if scores.nested.gold:
        found = f"{scores.nested.hits} of {scores.nested.gold} found, recall {percent(scores.nested.recall)}"
        print(f"nested entities, which share characters with another: {found}")
    print(f"micro F1, 95 % interval over documents: {percent(interval[0])} to {percent(interval[1])}")


def _print_errors(report: "ErrorReport") -> None:
    from bert4ner.cli.printing import print_table

    kinds = [[kind, count] for kind, count in report.counts.most_common()]
    print_table("Kinds of errors", ["", "entities"], [kinds])
    confused = [[*names, count] for names, count in report.confusions.most_common(10)]
    print_table("Most frequent", ["kind", "gold label", "predicted label", "entities"], [confused])
    for kind, examples in report.examples.items():
        print(f"\nExamples, {kind}")
        for example in examples[:SHOWN]:
            _print_example(example)


def _print_example(example: "ErrorExample") -> None:
    """Two short lines: where and what, and the text around it."""
    from bert4ner.cli.printing import one_line, shortened

    sides = (
        ("gold", example.gold_mention, example.error.gold),
        ("predicted", example.predicted_mention, example.error.predicted),
    )
    told = [f"{side} {shortened(mention)} {entity.label}" for side, mention, entity in sides if entity is not None]
    print(one_line(f"  {example.id}: {', '.join(told)}"))
    print(one_line(f"      {example.before}«{shortened(example.marked)}»{example.after}"))
