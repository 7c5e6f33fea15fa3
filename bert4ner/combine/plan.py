"""What is decided before any model is asked: the combination as options and runs have it, and what is to be fitted."""

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
    """The combination of members, each of some runs, before anything is fitted.

    Raises:
        ConfigError: options that do not go with the number of members or with their labels.
    """
    labels = groups[0][0].record.labels
    unknown = sorted(set(options.label_quorum) - set(labels))
    if unknown:
        raise ConfigError(f"quorum of the unknown label {unknown[0]!r}; known: {', '.join(labels)}")
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
    """What is to be fitted; `auto` is decided here."""
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
    # What a single run found is its answer, however unsure; its score is no reason.
    own = num_members == 1 and options.nbest == 1 and options.method == "probability"
    return 0.0 if own else _HALF
