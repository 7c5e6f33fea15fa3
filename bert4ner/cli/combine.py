"""``bert4ner combine``: one run of several, by averaged probabilities, by votes or by a model over probabilities."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from bert4ner.cli.options import InputFormat, check_run
from bert4ner.combine.options import CombineOptions
from bert4ner.options import describe

if TYPE_CHECKING:
    from bert4ner.scoring.metrics import Scores

Runs = Annotated[
    tuple[Path, ...],
    describe("Complete runs with the same labels that held out the same documents.", metavar="RUN"),
]


def combine(
    runs: Runs,
    *,
    output: Annotated[Path, describe("Folder for the new run; not there yet, or empty.", metavar="RUN")],
    gold: Annotated[
        Path | None,
        describe(
            "The annotated documents that the runs were made from: to score, and to fit anything to.", metavar="DATA"
        ),
    ] = None,
    format: InputFormat = "auto",
    options: CombineOptions = CombineOptions(),  # noqa: B008  (frozen)
) -> None:
    """Make one run of several, to be used like any other; one run alone can be given thresholds.

    Heads, encoders and windows of the runs may differ. Out-of-fold predictions are combined as the new run will combine
    its members' predictions. Thresholds and all else that is fitted is fitted to them; the scores told are of folds
    that it was not fitted to. The new run holds copies of the models.

    e.g.  bert4ner combine runs/crf runs/span --output runs/both --gold examples/data/leaflets.jsonl --nbest 5
    """
    for run in runs:
        check_run(run)
    from bert4ner.cli.printing import tell, told
    from bert4ner.data.documents import read_documents

    documents = None if gold is None else read_documents(gold, format)
    from bert4ner.combine.combine_runs import combine_runs  # deferred: mistakes above are told without TensorFlow

    scores = combine_runs(runs, output=output, gold=documents, options=options)
    if scores is not None and told():
        _print_scores(output, scores)
    tell(f"run:   {output}")
    if scores is None:
        tell("without scores; combine with --gold DATA, the documents that the runs were made from")
    tell(f"next:  bert4ner predict {shlex.quote(str(output))} NEW.txt --output found.jsonl")


def _print_scores(path: Path, scores: "Scores") -> None:
    from bert4ner.cli.printing import average_rows, percent, print_table, score_cells
    from bert4ner.runs.record import CombinedRun

    run = CombinedRun(path)
    sheet, combination = run.sheet, run.combination
    members = [
        [each.name, f"{weight:.4g}", *score_cells(each.micro)]
        for each, weight in zip(sheet.members, combination.used_weights, strict=True)
    ]
    averages = [[name, None, *values] for name, *values in average_rows(scores)]
    columns = ["out of fold", "weight", "P", "R", "F1"]
    title = f"{len(members)} runs and what they give together" if len(members) > 1 else "The run and what it gives now"
    print_table(f"{title}, by {combination.method}", columns, [members, averages])
    low, high = sheet.bootstrap_f1
    print(f"micro F1, 95 % interval over documents: {percent(low)} to {percent(high)}")
    if combination.thresholds:
        rows = [[label, f"{value:.4f}"] for label, value in combination.thresholds.items()]
        print_table("Thresholds, chosen on all held-out documents", ["label", "threshold"], [rows])
    if "aimed" in sheet.worth:
        _print_aimed(sheet.worth["aimed"], [each.name for each in sheet.members], scores)
    _print_worth(sheet.worth, combination.quorum)
    print(f"Note: {sheet.note}.")


def _print_aimed(told: Mapping[str, Any], names: Sequence[str], scores: "Scores") -> None:
    """What was aimed at, in words, for the runs as they are and combined, and whether that is a gain."""
    from bert4ner.cli.printing import percent, print_table
    from bert4ner.combine.aimed import in_words, reached
    from bert4ner.combine.thresholds import Aim

    aim, several = Aim.parse(told["aim"]), len(names) > 1
    as_they_are = [(f"{name} alone", value) for name, value in zip(names, told["alone"], strict=True)]
    if several:
        as_they_are.append(("all together, nothing fitted", told["together"]))
    combined = reached(aim, scores)
    rows = [[name, percent(value)] for name, value in as_they_are]
    print_table(f"Aimed at: {in_words(aim)}", ["out of fold", ""], [rows, [["as combined now", percent(combined)]]])
    best, most = max(as_they_are, key=lambda each: each[1])
    if combined > most:
        print(f"estimated gain over {best}: {100 * (combined - most):.2f} points")
    else:
        print(f"Estimated to be no better than {best} ({percent(combined)} and {percent(most)}): use that instead.")


def _print_worth(worth: Mapping[str, Mapping[str, Any]], quorum: int) -> None:
    """What is gained by what was fitted."""
    from bert4ner.cli.printing import percent

    for name, fitted in (("thresholds", "thresholds of labels"), ("quorum", f"a quorum (now {quorum})")):
        if name in worth:
            told = worth[name]
            print(
                f"micro F1 by {fitted}: {percent(told['f1_nested'])} where chosen on the other folds, "
                f"{percent(told['f1_on_themselves'])} on the very documents, which flatters"
            )
    if "calibration" in worth:
        told = worth["calibration"]
        print(
            f"calibration error of {told['candidates']} candidates: {percent(told['ece_before'])} before, "
            f"{percent(told['ece_after'])} after ({told['kind']}, fitted to the other folds)"
        )
