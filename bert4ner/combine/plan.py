"""Decides before any model is loaded: the combination that options and runs define, and what to fit."""

from collections.abc import Sequence

from bert4ner.combine.fitting import Search
from bert4ner.combine.members import MemberRun, member_name
from bert4ner.combine.options import CombineOptions
from bert4ner.combine.span_rules import check_labels
from bert4ner.combine.thresholds import Aim
from bert4ner.errors import ConfigError
from bert4ner.runs.combination import Combination
from bert4ner.runs.rules import Rule

_HALF = 0.5


def plan_combination(groups: Sequence[Sequence[MemberRun]], options: CombineOptions) -> Combination:
    """The combination of members before anything is fitted; each member is made of some runs.

    Raises:
        ConfigError: options that do not fit the number of members or their labels.
    """
    labels = groups[0][0].record.labels
    unknown = sorted(set(options.label_quorum) - set(labels))
    if unknown:
        raise ConfigError(f"quorum for the unknown label {unknown[0]!r}; expected one of {', '.join(labels)}")
    check_labels(options.rules, labels)
    return Combination(
        method=options.method,
        names=tuple(map(member_name, groups)),
        weights=_weights(groups, options),
        sizes=tuple(map(len, groups)),
        quorum=_quorum(len(groups), options),
        label_quorum=options.label_quorum,
        rule=Rule(_threshold(len(groups), options), nbest=options.nbest, spans=options.rules),
    )


def plan_search(options: CombineOptions, *, annotated: bool) -> Search:
    """What to fit; resolves `auto`."""
    aim = options.aim
    if aim == "auto":
        aim = Aim("f", 1.0) if annotated and options.threshold is None and options.method != "vote" else None
    return Search(aim, options.calibration, options.quorum == "auto")


def _weights(groups: Sequence[Sequence[MemberRun]], options: CombineOptions) -> tuple[float, ...]:
    if options.weights == "equal":
        return (1.0,) * len(groups)
    if options.weights == "f1":
        return tuple(sum(run.record.scores.micro.f1 for run in group) / len(group) for group in groups)
    return tuple(float(weight) for weight in options.weights)


def _quorum(num_members: int, options: CombineOptions) -> int:
    if isinstance(options.quorum, int):
        return options.quorum
    return num_members // 2 + 1 if options.method == "vote" else 1


def _threshold(num_members: int, options: CombineOptions) -> float:
    if options.threshold is not None:
        return options.threshold
    if options.method == "vote":
        return 0.0
    # A single run has already decided on its entities; a low score is no reason to drop them.
    own = num_members == 1 and options.nbest == 1 and options.method == "probability"
    return 0.0 if own else _HALF
