"""``bert4ner compare``: several runs side by side."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.cli.options import InputFormat, Json, check_run
from bert4ner.cli.reading import ReadingOptions
from bert4ner.errors import ConfigError
from bert4ner.options import describe

if TYPE_CHECKING:
    from bert4ner.report.comparison import Overlap, Pair
    from bert4ner.runs.record import RunRecord

Runs = Annotated[tuple[Path, ...], describe("The folders of complete runs.", metavar="RUN")]
Gold = Annotated[
    Path | None,
    describe("The annotated documents that the runs were made from; adds whether scores differ.", metavar="DATA"),
]


def compare(
    runs: Runs,
    *,
    gold: Gold = None,
    json: Json = False,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
) -> None:
    """Show the options in which runs differ, and their out-of-fold scores with the spread over folds and seeds.

    With --gold, every two runs are compared on the documents that both held out: the difference in micro F1 and its
    p-value, the probability that other documents of the same kind give as large a difference by accident (paired
    bootstrap). The p-value does not cover other seeds. Runs that were scored on different documents are named.

    e.g.  bert4ner compare runs/crf runs/span --gold train.json
    """
    if not runs:
        raise ConfigError("nothing to compare; name at least one run")
    for run in runs:
        check_run(run)
    from bert4ner.cli.printing import print_json
    from bert4ner.report.comparison import compare_pairs, different_documents, differing_options
    from bert4ner.runs.record import open_run

    documents = None if gold is None else reading.read(gold, format)
    records = [open_run(run) for run in runs]
    options = differing_options(records)
    pairs = [] if documents is None else compare_pairs(records, documents)
    overlaps = different_documents(records)
    if json:
        values = {"runs": [_described(record) for record in records], "options": options}
        print_json({**values, "different_documents": list(map(asdict, overlaps)), "pairs": list(map(_pair, pairs))})
    else:
        _print(records, options, pairs)
        _print_overlaps(overlaps, pairs, [str(record.path) for record in records], gold)


def _std(record: "RunRecord") -> float | None:
    """Over the folds of training; the parts into which combining divides a single fold measure no training."""
    return record.sheet.f1_std if record.trained_folds > 1 else None


def _described(record: "RunRecord") -> dict[str, object]:
    micro, seeds = record.scores.micro, record.sheet.seed_spread()
    return {
        "run": str(record.path),
        "documents": len(record.predicted),
        "folds": record.trained_folds,
        "precision": micro.precision,
        "recall": micro.recall,
        "f1": micro.f1,
        "f1_std": _std(record),
        "seeds": max(1, len(record.sheet.seeds)),
        "seeds_f1_mean": None if not seeds else seeds["mean"].f1,
        "seeds_f1_std": None if not seeds else seeds["std"].f1,
        "bootstrap_f1": list(record.sheet.bootstrap_f1),
    }


def _pair(pair: "Pair") -> dict[str, object]:
    found = pair.difference
    values = {} if found is None else {"documents": found.documents, "f1": found.f1, "p_value": found.p_value}
    return {"one": pair.one, "other": pair.other, **values}


def _print(records: "Sequence[RunRecord]", options: dict[str, list[object]], pairs: "list[Pair]") -> None:
    from bert4ner.cli.printing import print_table

    names = [str(record.path) for record in records]
    if options:
        rows = [[name, *("combined" if each is None else each for each in values)] for name, values in options.items()]
        print_table("Options that differ", ["option", *names], [rows])
    _print_scores(records, names)
    rows = [
        [names[pair.one], names[pair.other], found.documents, f"{100 * found.f1:+.2f}", f"{found.p_value:.4f}"]
        for pair in pairs
        if (found := pair.difference) is not None
    ]
    if rows:
        columns = ["run", "against", "documents", "F1", "p-value"]
        print_table("Differences on documents that both held out", columns, [rows])


def _print_overlaps(overlaps: "list[Overlap]", pairs: "list[Pair]", names: list[str], gold: Path | None) -> None:
    """Two scores side by side look as if one were better; only those of the same documents can be."""
    from bert4ner.cli.printing import one_line

    apart = set()
    for each in overlaps:
        said = f"{names[each.one]} and {names[each.other]} were scored on different documents"
        if not each.common:
            apart.add((each.one, each.other))
            said += " and have none in common: their F1 cannot be compared"
        elif gold is None:
            said += f", {each.common} in common: their F1 can be compared only on these, with --gold DATA"
        else:
            said += f", {each.common} in common: their F1 can be compared only on these"
        print(one_line(said))
    for pair in pairs:
        if pair.difference is None and (pair.one, pair.other) not in apart:
            print(
                one_line(f"{gold} annotates no document that both {names[pair.one]} and {names[pair.other]} held out")
            )


def _percent(share: float | None) -> str | None:
    from bert4ner.cli.printing import percent

    return None if share is None else percent(share)


def _seed_cells(record: "RunRecord") -> list[object]:
    spread = record.sheet.seed_spread()
    if not spread:
        return [1, None, None]
    return [len(record.sheet.seeds), *(_percent(spread[name].f1) for name in ("mean", "std"))]


def _print_scores(records: "Sequence[RunRecord]", names: list[str]) -> None:
    from bert4ner.cli.printing import print_table, score_cells

    rows = [
        [
            name,
            record.trained_folds,
            len(record.predicted),
            *score_cells(record.scores.micro),
            _percent(_std(record)),
            *_seed_cells(record),
        ]
        for record, name in zip(records, names, strict=True)
    ]
    columns = [
        "run",
        "folds",
        "documents",
        "P",
        "R",
        "F1",
        "std over folds",
        "seeds",
        "F1 over seeds",
        "std over seeds",
    ]
    print_table("Out-of-fold scores, micro", columns, [rows])
