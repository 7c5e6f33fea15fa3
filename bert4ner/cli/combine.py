"""``bert4ner combine``: one run made of several, by average probabilities, by votes or by a fitted model."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from bert4ner.cli.options import InputFormat, check_run
from bert4ner.cli.outputs import check_new_folder
from bert4ner.cli.reading import ReadingOptions
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
    output: Annotated[Path, describe("Folder for the new run; must not exist yet or be empty.", metavar="RUN")],
    gold: Annotated[
        Path | None,
        describe(
            "The annotated documents that the runs were made from: used for scores and for all fitting.", metavar="DATA"
        ),
    ] = None,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    options: CombineOptions = CombineOptions(),  # noqa: B008  (frozen)
) -> None:
    """Combine runs into one that is used like any other; a single run can be given thresholds.

    Heads, encoders and windows of the runs may differ. Their out-of-fold predictions are combined in the same way as
    the new run will combine its members' predictions. Thresholds and everything else is fitted to them; reported scores
    come from folds not used for fitting. The new run holds copies of the models.

    e.g.  bert4ner combine runs/crf runs/span --output runs/both --gold train.json
    """
    for run in runs:
        check_run(run)
    from bert4ner.cli.printing import notes_shown, print_note

    check_new_folder(output)
    if gold is None:
        print_note("without --gold DATA, the documents that the runs were made from, the new run will have no scores")
    documents = None if gold is None else reading.read(gold, format)
    from bert4ner.combine.combine_runs import combine_runs  # deferred: mistakes above are reported without TensorFlow

    scores = combine_runs(runs, output=output, gold=documents, options=options)
    useful = True
    if scores is not None and notes_shown():
        useful = _print_scores(output, scores)
    print_note(f"run:   {output}")
    if scores is None:
        again = f"remove it (rm -r {shlex.quote(str(output))}) and combine again with --gold DATA"
        print_note(f"without scores; to get them, {again}")
    if useful:
        print_note(f"next:  bert4ner predict {shlex.quote(str(output))} NEW.txt --output found.jsonl")


def _print_scores(path: Path, scores: "Scores") -> bool:
    """Print what `combine` estimated; whether the new run is worth using."""
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
    title = f"{len(members)} runs and their combination" if len(members) > 1 else "The run and what it gives now"
    print_table(f"{title}, by {combination.method}", columns, [members, averages])
    low, high = sheet.bootstrap_f1
    print(f"micro F1, 95 % interval over documents: {percent(low)} to {percent(high)}")
    if combination.thresholds:
        rows = [[label, f"{value:.4f}"] for label, value in combination.thresholds.items()]
        print_table("Thresholds, chosen on all held-out documents", ["label", "threshold"], [rows])
    names, calibrated = [each.name for each in sheet.members], combination.calibration is not None
    useful = "aimed" not in sheet.worth or _print_objective(sheet.worth["aimed"], names, scores, calibrated=calibrated)
    _print_worth(sheet.worth, combination.quorum)
    print(f"Note: {sheet.note}.")
    return useful


def _print_objective(aimed: Mapping[str, Any], names: Sequence[str], scores: "Scores", *, calibrated: bool) -> bool:
    """Print the objective for the runs as they are and for the combination; whether the combination is worth using."""
    from bert4ner.cli.printing import percent, print_table
    from bert4ner.combine.aimed import in_words, reached
    from bert4ner.combine.thresholds import Aim

    objective, several = Aim.parse(aimed["aim"]), len(names) > 1
    as_they_are = [(f"{name} alone", value) for name, value in zip(names, aimed["alone"], strict=True)]
    if several:
        as_they_are.append(("all together, nothing fitted", aimed["together"]))
    combined = reached(objective, scores)
    rows = [[name, percent(value)] for name, value in as_they_are]
    print_table(
        f"Objective: {in_words(objective)}", ["out of fold", ""], [rows, [["as combined now", percent(combined)]]]
    )
    best, most = max(as_they_are, key=lambda each: each[1])
    if combined > most:
        print(f"estimated gain over {best}: {100 * (combined - most):.2f} points")
    else:
        advice = "use it only for its calibrated scores" if calibrated else "use that instead"
        print(f"Estimated to be no better than {best} ({percent(combined)} and {percent(most)}): {advice}.")
    return combined > most or calibrated


def _print_worth(worth: Mapping[str, Mapping[str, Any]], quorum: int) -> None:
    """The gain of each fitted part."""
    from bert4ner.cli.printing import percent

    for name, fitted in (("thresholds", "thresholds per label"), ("quorum", f"a quorum (now {quorum})")):
        if name in worth:
            values = worth[name]
            print(
                f"micro F1 with {fitted}: {percent(values['f1_nested'])} if chosen on the other folds, "
                f"{percent(values['f1_on_themselves'])} if chosen on the same documents (optimistic)"
            )
    if "calibration" in worth:
        values = worth["calibration"]
        print(
            f"calibration error of {values['candidates']} candidates: {percent(values['ece_before'])} before, "
            f"{percent(values['ece_after'])} after ({values['kind']}, fitted to the other folds)"
        )
