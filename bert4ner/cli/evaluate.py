"""``bert4ner evaluate``: precision, recall and F1 of a run, or of predictions in a file, against gold documents."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.cli.options import InputFormat, Json
from bert4ner.cli.own_texts import OwnTexts, advice, find_own_texts
from bert4ner.cli.reading import ReadingOptions
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown
from bert4ner.options import describe
from bert4ner.registry import FORMATS
from bert4ner.runs.layout import is_run, run_of_predictions

if TYPE_CHECKING:
    from bert4ner.scoring.errors import ErrorExample, ErrorReport
    from bert4ner.scoring.metrics import Scores

SHOWN = 5  # examples of each kind; --json has more

logger = logging.getLogger(__name__)


def evaluate(
    predicted: Annotated[
        Path,
        describe("A run, which predicts the texts of GOLD, or predicted documents.", metavar="RUN_OR_PREDICTIONS"),
    ],
    gold: Annotated[Path, describe("The annotated documents.", metavar="GOLD")],
    *,
    errors: Annotated[bool, describe("Show kinds of errors, with examples of each.")] = False,
    json: Json = False,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
) -> None:
    """Strict scores: an entity counts when start, end and label agree. Documents of two files are paired by id.

    If no id stands for the same text in both, they are paired by text, provided that texts identify them. Of
    out_of_fold.jsonl of a run, only the documents that the run held out are scored.
    `micro` pools all entities, `macro` is the mean of the labels, `weighted` weighs each label by its gold entities.
    If gold entities are nested, the recall of those that share characters with another one is reported, too.
    The interval shows how far micro F1 would vary with other documents of the same kind (bootstrap, 95 %).

    e.g.  bert4ner evaluate runs/mine/out_of_fold.jsonl train.json
    """
    from bert4ner.data.files import existing
    from bert4ner.scoring.bootstrap import bootstrap_interval
    from bert4ner.scoring.errors import analyse_errors
    from bert4ner.scoring.metrics import evaluate as evaluate_documents

    predicted = existing(predicted)  # before a large file is read
    documents = _read_gold(gold, format, reading)
    own = None
    if is_run(predicted):
        found, own = _recognized(predicted, documents)
    elif run := run_of_predictions(predicted):
        documents, found = _held_out(run, predicted, documents)
    else:
        found = _read(predicted, documents)
    scores = evaluate_documents(documents, found)
    interval = bootstrap_interval(documents, found)
    report = analyse_errors(documents, found) if errors else None
    if json:
        _print_json(scores, interval, len(documents), report)
        return
    _print_scores(scores, interval, len(documents))
    if report is not None:
        _print_errors(report)
    if own is not None:  # again: the warning stands above a long table
        print(advice(own, documents, found, gold))


def _read_gold(gold: Path, format: str, reading: ReadingOptions) -> list[Document]:
    """The gold documents; warns of scores, which only predictions have.

    Raises:
        DataError: their format holds no entities, so that every prediction would be wrong.
    """
    from bert4ner.data.detect import detect_format
    from bert4ner.data.files import existing

    source = existing(gold)  # a pipe is read once
    name = detect_format(source) if format == "auto" else format
    if name in FORMATS and not FORMATS.get(name).holds.entities:
        raise DataError(
            f"{gold}: expected annotated documents as GOLD, found the format {name}, which holds no entities; "
            "name the annotated file, or its format with --format"
        )
    documents = reading.read(source, format)
    if any(entity.score is not None for document in documents for entity in document.entities):
        logger.warning(
            "%s is given as GOLD, but its entities carry scores, as predictions do; "
            "expected bert4ner evaluate PREDICTIONS GOLD",
            gold,
        )
    return documents


def _held_out(run: Path, predicted: Path, gold: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """The gold documents that a run held out, and its predictions for them, from its file."""
    from bert4ner.runs.gold import match_predicted
    from bert4ner.runs.predicted import read_predictions

    found = read_predictions(predicted)
    matched = match_predicted(run, found, gold)
    if len(matched) < len(gold):
        logger.info(
            "%s holds %d of the %d gold documents, those that the models did not see; only these are scored",
            predicted,
            len(matched),
            len(gold),
        )
    return matched, found


def _read(predicted: Path, gold: Sequence[Document]) -> list[Document]:
    """The predicted documents of a file; with the ids of gold if only the names of the two files made them differ."""
    from bert4ner.data.documents import read_documents
    from bert4ner.scoring.pairing import named_alike

    found = read_documents(predicted, annotated=False)
    named = named_alike(found, gold)
    if named is None:
        return found
    logger.info("%s has other ids than gold; paired by text", predicted)
    return named


def _recognized(run: Path, gold: Sequence[Document]) -> tuple[list[Document], OwnTexts | None]:
    """What a run predicts in the texts of gold documents; its own documents, if texts of them are among these."""
    from bert4ner.cli.printing import counted
    from bert4ner.combine.recognizer import load_recognizer

    recognizer = load_recognizer(run)
    _warn_of_unknown_labels(run, gold, recognizer.labels)
    own = find_own_texts(run, gold)
    return list(counted(recognizer.predict(gold))), own


def _warn_of_unknown_labels(run: Path, gold: Sequence[Document], known: Sequence[str]) -> None:
    labels = [entity.label for document in gold for entity in document.entities]
    unknown = sorted(set(labels) - set(known))
    if unknown:
        logger.warning(
            "gold has labels that %s was not trained for: %s; their %d entities of %d count as missed. It knows %s",
            run,
            shown(unknown),
            sum(label not in known for label in labels),
            len(labels),
            shown(list(known)),
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
    if report.examples:
        print("\nIn the examples «» encloses what is annotated and what is predicted.")
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
    mentions = [f"{side} {shortened(mention)} {entity.label}" for side, mention, entity in sides if entity is not None]
    print(one_line(f"  {example.id}: {', '.join(mentions)}"))
    print(one_line(f"      {example.before}«{shortened(example.marked)}»{example.after}"))
