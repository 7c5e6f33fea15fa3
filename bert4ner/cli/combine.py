"""``bert4ner combine``: one run of several, by averaged probabilities, by votes or by a model over probabilities."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from bert4ner.cli.options import InputFormat, check_run
from bert4ner.errors import ConfigError

if TYPE_CHECKING:
    from bert4ner.combine.options import CombineOptions
    from bert4ner.scoring.metrics import Scores


Runs = Annotated[
    tuple[Path, ...],
    Positional,
    arg(metavar="RUN [RUN ...]", help="Complete runs with the same labels that held out the same documents."),
]
Output = Annotated[Path, arg(metavar="RUN", help="Folder for the new run; not there yet, or empty.")]
Gold = Annotated[
    Path | None,
    arg(metavar="DATA", help="The annotated documents that the runs were made from: to score, and to fit anything to."),
]
ConfigFile = Annotated[
    Path | None,
    arg(metavar="FILE", help="TOML file with any of the options below; options on the command line win."),
]
HowTo = Annotated[
    Literal["probability", "vote", "stacking"] | None,
    arg(
        help="Average the probabilities of all that any run finds (the default), count votes on what each finds, or "
        "make one probability of theirs by a logistic model, fitted out of fold."
    ),
]
Weights = Annotated[
    str | None, arg(metavar="equal|f1|W,W,...", help="Of the runs: equal, by out-of-fold F1, or a number for each.")
]
Quorum = Annotated[
    int | Literal["auto"] | None,
    arg(
        metavar="INT|auto",
        help="Votes that an entity needs; by default more than half of the runs; `auto`: that with "
        "the best F out of fold.",
    ),
]
LabelQuorum = Annotated[
    tuple[str, ...], arg(metavar="LABEL=INT ...", help="Quorums of single labels; to stand behind the runs.")
]
Threshold = Annotated[
    float | None,
    arg(
        metavar="FLOAT",
        help="Least score of an entity; without --aim 0.5 for probabilities, 0 for votes and for what "
        "a single run finds.",
    ),
]
AimText = Annotated[
    str | None,
    arg(
        metavar="f1|f2|macro-f1|recall=R|precision=P|none",
        help="Choose a threshold for every label so that all together give the best F, or each its own best (macro) or "
        "such a recall or precision; with --gold and without --threshold f1, but for votes.",
    ),
]
CalibrationName = Annotated[
    Literal["none", "temperature", "isotonic"] | None,
    arg(help="Turn scores into shares that are right, as found out of fold; by default not."),
]
NBest = Annotated[
    int | None,
    arg(metavar="INT", help="Candidates from so many best paths of every run, for recall; by default what runs find."),
]
Longest = Annotated[
    tuple[str, ...], arg(metavar="LABEL=INT ...", help="Characters that an entity may have; * is every label.")
]
Forbid = Annotated[
    tuple[str, ...], arg(metavar="LABEL=CHARACTERS ...", help="Characters of which an entity must hold none.")
]
Contain = Annotated[
    tuple[str, ...], arg(metavar="LABEL=REGEX ...", help="A pattern of which an entity must hold a match.")
]
ByKind = Annotated[
    bool,
    arg(
        help="Average the runs of one head first, as the folds of a run are, then combine heads; weights and "
        "quorums are of heads."
    ),
]
MixedVocabularies = Annotated[
    bool, arg(help="Runs may have other vocabularies than the first one: encoders of several kinds, on purpose.")
]


def combine(
    runs: Runs,
    *,
    output: Output,
    gold: Gold = None,
    format: InputFormat = "auto",
    config: ConfigFile = None,
    method: HowTo = None,
    weights: Weights = None,
    quorum: Quorum = None,
    label_quorum: LabelQuorum = (),
    threshold: Threshold = None,
    aim: AimText = None,
    calibration: CalibrationName = None,
    nbest: NBest = None,
    longest: Longest = (),
    forbid: Forbid = (),
    contain: Contain = (),
    by_kind: ByKind = False,
    mixed_vocabularies: MixedVocabularies = False,
) -> None:
    """Make one run of several, to be used like any other; one run alone can be given thresholds.

    Heads, encoders and windows of the runs may differ. Out-of-fold predictions are combined as the new run will combine
    its members' predictions. Thresholds and all else that is fitted is fitted to them; the scores told are of folds
    that it was not fitted to. The new run holds copies of the models.

    e.g.  bert4ner combine runs/crf runs/span --output runs/both --gold examples/data/leaflets.jsonl --nbest 5
    """
    for run in runs:
        check_run(run)
    rules = _rules(longest, forbid, contain)
    given = {
        "method": method,
        "weights": None if weights is None else _weights(weights),
        "quorum": quorum,
        "label_quorum": _numbers(label_quorum, "--label-quorum") or None,
        "threshold": threshold,
        "calibration": calibration,
        "nbest": nbest,
        "by_kind": by_kind or None,
        "mixed_vocabularies": mixed_vocabularies or None,
    }
    options = _options(config, given, aim, rules)
    from bert4ner.combine.combine_runs import combine_runs  # deferred: mistakes above are told without TensorFlow
    from bert4ner.data.documents import read_documents

    documents = None if gold is None else read_documents(gold, format)
    scores = combine_runs(runs, output=output, gold=documents, options=options)
    if scores is not None:
        _print_scores(output, scores)
    print(f"run:   {output}")
    if scores is None:
        print("without scores; combine with --gold DATA, the documents that the runs were made from")
    print(f"next:  bert4ner predict {shlex.quote(str(output))} NEW.txt --output found.jsonl")


def _rules(longest: tuple[str, ...], forbid: tuple[str, ...], contain: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The rules of the command line, by kind."""
    return {
        "longest": _numbers(longest, "--longest"),
        "forbidden": _by_label(forbid, "--forbid", "LABEL=CHARACTERS such as DRUG=。；"),
        "contains": _by_label(contain, "--contain", "LABEL=REGEX such as DOSE=[0-9]"),
    }


def _options(
    path: Path | None, given: dict[str, Any], aim: str | None, rules: dict[str, dict[str, Any]]
) -> "CombineOptions":
    """What the file says and, above it, the command line; rules of both are joined label by label."""
    from dataclasses import replace

    from bert4ner.combine.options import CombineOptions, parse_aim
    from bert4ner.runs.rules import SpanRules

    base = CombineOptions() if path is None else CombineOptions.load(path)
    values = {name: value for name, value in given.items() if value is not None}
    if aim is not None:
        values["aim"] = parse_aim(aim)
    joined = {kind: {**own, **rules[kind]} for kind, own in base.rules.to_dict().items()}
    return replace(base, **values, rules=SpanRules.from_dict(joined))


def _weights(text: str) -> Any:
    if text in ("equal", "f1"):
        return text
    try:
        return [float(weight) for weight in text.split(",")]
    except ValueError:
        raise ConfigError(f"--weights: expected equal, f1 or numbers such as 2,1,1, found {text!r}") from None


def _by_label(texts: tuple[str, ...], option: str, example: str) -> dict[str, str]:
    """Label and value of each LABEL=VALUE."""
    found = {}
    for text in texts:
        label, _, value = text.partition("=")
        if not label or not value:
            raise ConfigError(f"{option}: expected {example}, found {text!r}")
        found[label] = value
    return found


def _numbers(texts: tuple[str, ...], option: str) -> dict[str, int]:
    """Label and number of each LABEL=INT."""
    found = {}
    for text in texts:
        label, _, number = text.rpartition("=")
        if not label or not number.isdecimal():
            raise ConfigError(f"{option}: expected LABEL=INT such as DRUG=1, found {text!r}")
        found[label] = int(number)
    return found


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
    _print_worth(sheet.worth, combination.quorum)
    print(f"Note: {sheet.note}.")


def _print_worth(worth: Mapping[str, Mapping[str, Any]], quorum: int) -> None:
    """What is gained by what was fitted."""
    from bert4ner.cli.printing import percent

    for name, fitted in (("thresholds", "thresholds of labels"), ("quorum", f"a quorum (now {quorum})")):
        if name in worth:
            told = worth[name]
            print(
                f"micro F1 without {percent(told['f1_without'])}; {fitted} chosen on the other folds "
                f"{percent(told['f1_nested'])}, on the very documents {percent(told['f1_on_themselves'])}"
            )
    if "calibration" in worth:
        told = worth["calibration"]
        print(
            f"calibration error of {told['candidates']} candidates: {percent(told['ece_before'])} before, "
            f"{percent(told['ece_after'])} after ({told['kind']}, fitted to the other folds)"
        )
