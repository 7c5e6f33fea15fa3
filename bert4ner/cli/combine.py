"""``bert4ner combine``: one run of several, by averaged probabilities or by votes."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from bert4ner.cli.options import InputFormat, check_run
from bert4ner.errors import ConfigError

if TYPE_CHECKING:
    from bert4ner.scoring.metrics import Scores


Runs = Annotated[
    tuple[Path, ...],
    Positional,
    arg(metavar="RUN [RUN ...]", help="Complete runs with the same labels that held out the same documents."),
]
Output = Annotated[Path, arg(metavar="RUN", help="Folder for the new run; not there yet, or empty.")]
Gold = Annotated[
    Path | None,
    arg(metavar="DATA", help="The annotated documents that the runs were made from: adds scores, needed by --aim."),
]
HowTo = Annotated[
    Literal["probability", "vote"],
    arg(help="Average the probabilities of all that any run finds, or count votes on what each finds."),
]
Weights = Annotated[
    str, arg(metavar="equal|f1|W,W,...", help="Of the runs: equal, by out-of-fold F1, or a number for each.")
]
Quorum = Annotated[
    int | None, arg(metavar="INT", help="Votes that an entity needs; by default more than half of the runs.")
]
LabelQuorum = Annotated[
    tuple[str, ...], arg(metavar="LABEL=INT ...", help="Quorums of single labels; to stand behind the runs.")
]
Threshold = Annotated[
    float | None, arg(metavar="FLOAT", help="Least score of an entity; by default 0.5 for probabilities, 0 for votes.")
]
AimText = Annotated[
    str | None,
    arg(metavar="f1|f2|recall=R|precision=P", help="Choose a threshold for every label that gives this."),
]


def combine(
    runs: Runs,
    *,
    output: Output,
    gold: Gold = None,
    format: InputFormat = "auto",
    method: HowTo = "probability",
    weights: Weights = "equal",
    quorum: Quorum = None,
    label_quorum: LabelQuorum = (),
    threshold: Threshold = None,
    aim: AimText = None,
) -> None:
    """Make one run of several, to be used like any other; one run alone can be given thresholds.

    Heads, encoders and windows of the runs may differ. Out-of-fold predictions are combined as the new run will combine
    its members' predictions. Thresholds are chosen on them; the scores told are of folds that the thresholds were not
    chosen on. The new run holds copies of the models.

    e.g.  bert4ner combine runs/crf runs/span --output runs/both --gold examples/data/leaflets.jsonl --aim f1
    """
    for run in runs:
        check_run(run)
    weighing = _weights(weights)
    quorums = dict(_label_quorum(each) for each in label_quorum)
    from bert4ner.combine.combine_runs import CombineOptions, combine_runs
    from bert4ner.combine.thresholds import Aim
    from bert4ner.data.documents import read_documents

    options = CombineOptions(method, weighing, quorum, quorums, threshold, None if aim is None else Aim.parse(aim))
    documents = None if gold is None else read_documents(gold, format)
    scores = combine_runs(runs, output=output, gold=documents, options=options)
    if scores is not None:
        _print_scores(output, scores)
    print(f"run:   {output}")
    if scores is None:
        print("without scores; combine with --gold DATA, the documents that the runs were made from")
    print(f"next:  bert4ner predict {shlex.quote(str(output))} NEW.txt --output found.jsonl")


def _weights(text: str) -> Any:
    if text in ("equal", "f1"):
        return text
    try:
        return [float(weight) for weight in text.split(",")]
    except ValueError:
        raise ConfigError(f"--weights: expected equal, f1 or numbers such as 2,1,1, found {text!r}") from None


def _label_quorum(text: str) -> tuple[str, int]:
    label, _, number = text.rpartition("=")
    if not label or not number.isdecimal():
        raise ConfigError(f"--label-quorum: expected LABEL=INT such as DRUG=1, found {text!r}")
    return label, int(number)


def _print_scores(run: Path, scores: "Scores") -> None:
    from bert4ner.cli.printing import average_rows, percent, print_table
    from bert4ner.combine.combination import Combination
    from bert4ner.train.run_folder import SCORES

    summary = json.loads((run / SCORES).read_text(encoding="utf-8"))
    combination = Combination.load(run)
    members = [
        [each["name"], f"{weight:g}", *(percent(each[name]) for name in ("precision", "recall", "f1"))]
        for each, weight in zip(summary["members"], combination.weights, strict=True)
    ]
    averages = [[name, None, *values] for name, *values in average_rows(scores)]
    columns = ["out of fold", "weight", "P", "R", "F1"]
    title = f"{len(members)} runs and what they give together" if len(members) > 1 else "The run and what it gives now"
    print_table(f"{title}, by {combination.method}", columns, [members, averages])
    low, high = summary["bootstrap_f1"]
    print(f"micro F1, 95 % interval over documents: {percent(low)} to {percent(high)}")
    if "thresholds" in summary:
        rows = [[label, f"{value:.4f}"] for label, value in combination.thresholds.items()]
        print_table("Thresholds, chosen on all held-out documents", ["label", "threshold"], [rows])
        worth = summary["thresholds"]
        print(
            f"micro F1 with one threshold for all {percent(worth['f1_without'])}; thresholds of labels chosen on the "
            f"other folds {percent(worth['f1_nested'])}, on the very documents {percent(worth['f1_on_themselves'])}"
        )
    print(f"Note: {summary['note']}.")
