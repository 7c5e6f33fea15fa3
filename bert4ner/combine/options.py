"""The options of `combine_runs`, and the TOML file that may hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bert4ner.combine.thresholds import Aim
from bert4ner.options import Options, Text, option
from bert4ner.runs.combination import FITTED_METHODS, Method
from bert4ner.runs.fitted import CalibrationKind
from bert4ner.runs.rules import SpanRules


def parse_aim(text: str) -> Aim | Literal["auto"] | None:
    """An objective, `auto` or `none`.

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
    return "a quorum needs the method vote; the other methods use a threshold"


def _votes_have_no_candidates(options: "CombineOptions") -> str | None:
    if options.method != "vote" or options.nbest == 1:
        return None
    return "nbest above 1 adds candidates with probabilities, the method vote only counts found entities; leave one out"


def _stacking_weighs_itself(options: "CombineOptions") -> str | None:
    if options.method not in FITTED_METHODS or options.weights == "equal":
        return None
    return f"{options.method} learns the weights of the runs itself; leave weights out"


@dataclass(frozen=True, init=False)
class CombineOptions(Options):
    """How to combine runs.

    In a TOML file `label_quorum` and `rules` are tables (`[rules.longest]`), and `aim` is text.

    Args:
        **options: any of the options, also of `rules`, by name.

    Raises:
        ConfigError: a value that is not allowed.

    Example:
        >>> import bert4ner
        >>> bert4ner.CombineOptions(method="vote", quorum=2).quorum
        2

    References:
        Stacking: Wolpert 1992, Stacked generalization. Calibration: Guo et al. 2017, On calibration of modern neural
        networks; Zadrozny and Elkan 2002 (isotonic). Rescoring: Krishnan and Manning 2006, An effective two-stage model
        for exploiting non-local dependencies in named entity recognition.
    """

    method: Method = option(
        "probability",
        "Average the probabilities of all candidates (`probability`), count votes for the entities that runs find "
        "(`vote`), or combine the probabilities by a model fitted out of fold: a logistic one (`stacking`), or a small "
        "network that also sees the other candidates of the document and the annotated texts (`rescoring`).",
    )
    weights: Literal["equal", "f1"] | Sequence[float] = option(
        "equal", "Weights of the runs: equal, by out-of-fold F1, or one number for each.", metavar="equal|f1|W,W,..."
    )
    quorum: int | Literal["auto"] | None = option(
        None,
        "Votes that an entity needs; default: more than half of the runs; `auto`: the one with the best F out of fold.",
        low=1,
    )
    label_quorum: Mapping[str, int] = option(
        dict, "Quorums of single labels; write them after the runs.", example="DRUG=1"
    )
    threshold: float | None = option(
        None,
        "Minimum score of an entity; default without --aim: 0.5 for probabilities, 0 for votes and for a single run.",
        low=0,
        high=1,
    )
    aim: Aim | Literal["auto"] | None = option(
        "auto",
        "Objective for choosing a threshold per label: the best micro F, the best F of each label (macro), or a target "
        "recall or precision of each label; `none`: use --threshold for all labels. `auto`: f1 if documents are "
        "annotated, no threshold is given and the method is not vote.",
        metavar="f1|f2|macro-f1|recall=R|precision=P|auto|none",
        text=Text(parse_aim, _aim_text),
    )
    calibration: CalibrationKind = option("none", "Calibrate scores to the frequencies observed out of fold.")
    nbest: int = option(1, "Best paths per run to take candidates from, for recall; 1 uses what runs find.", low=1)
    rules: SpanRules = field(default_factory=SpanRules)
    by_kind: bool = option(
        False,
        "Average runs with the same head first, like folds of one run, then combine the heads; weights and quorums "
        "then apply to heads.",
    )
    mixed_vocabularies: bool = option(
        False, "Allow runs with different vocabularies, for example of encoders from different families."
    )

    relations = (_quorum_is_for_votes, _votes_have_no_candidates, _stacking_weighs_itself)
