"""How runs are to be combined: the options of `combine_runs`, and the TOML file that may hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bert4ner.combine.thresholds import Aim
from bert4ner.options import Options, Text, option
from bert4ner.runs.combination import Method
from bert4ner.runs.fitted import CalibrationKind
from bert4ner.runs.rules import SpanRules


def parse_aim(text: str) -> Aim | Literal["auto"] | None:
    """An aim, or `auto`, or `none`.

    Raises:
        ConfigError: anything else.
    """
    return None if text == "none" else "auto" if text == "auto" else Aim.parse(text)


def _aim_text(aim: Aim | Literal["auto"] | None) -> str:
    return "none" if aim is None else str(aim)


def _quorum_is_for_votes(options: "CombineOptions") -> str | None:
    given = options.quorum is not None or options.label_quorum
    if options.method == "vote" or not given:
        return None
    return "a quorum is for the method vote; by probability a threshold decides"


def _votes_have_no_candidates(options: "CombineOptions") -> str | None:
    if options.method != "vote" or options.nbest == 1:
        return None
    return "votes are for what each run finds; several best paths are for probabilities"


def _stacking_weighs_itself(options: "CombineOptions") -> str | None:
    if options.method != "stacking" or options.weights == "equal":
        return None
    return "stacking learns the weights of the runs itself; leave weights out"


@dataclass(frozen=True, init=False)
class CombineOptions(Options):
    """How runs are to be combined.

    In a TOML file `label_quorum` and `rules` are tables (`[rules.longest]`), aims are text.

    Raises:
        ConfigError: a value that is none of those possible.
    """

    method: Method = option(
        "probability",
        "Average the probabilities of all that any run finds, count votes on what each finds, or make one probability "
        "of theirs by a logistic model, fitted out of fold.",
    )
    weights: Literal["equal", "f1"] | Sequence[float] = option(
        "equal", "Of the runs: equal, by out-of-fold F1, or a number for each.", metavar="equal|f1|W,W,..."
    )
    quorum: int | Literal["auto"] | None = option(
        None,
        "Votes that an entity needs; by default more than half of the runs; `auto`: that with the best F out of fold.",
        low=1,
    )
    label_quorum: Mapping[str, int] = option(
        dict, "Quorums of single labels; to stand behind the runs.", example="DRUG=1"
    )
    threshold: float | None = option(
        None,
        "Least score of an entity; without --aim 0.5 for probabilities, 0 for votes and for what a single run finds.",
        low=0,
        high=1,
    )
    aim: Aim | Literal["auto"] | None = option(
        "auto",
        "Choose a threshold for every label so that all together give the best F, or each its own best (macro) or such "
        "a recall or precision; `none`: all labels have --threshold. `auto`: f1 where there is annotation to choose "
        "on, no threshold is given, and probabilities are compared with it.",
        metavar="f1|f2|macro-f1|recall=R|precision=P|auto|none",
        text=Text(parse_aim, _aim_text),
    )
    calibration: CalibrationKind = option("none", "Turn scores into shares that are right, as found out of fold.")
    nbest: int = option(1, "Candidates from so many best paths of every run, for recall; with 1 what runs find.", low=1)
    rules: SpanRules = field(default_factory=SpanRules)
    by_kind: bool = option(
        False,
        "Average the runs of one head first, as the folds of a run are, then combine heads; weights and quorums are of "
        "heads.",
    )
    mixed_vocabularies: bool = option(
        False, "Runs may have other vocabularies than the first one: encoders of several kinds, on purpose."
    )

    relations = (_quorum_is_for_votes, _votes_have_no_candidates, _stacking_weighs_itself)
