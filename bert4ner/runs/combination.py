"""How a run was combined of others, as plain data: combination.json. What is done with it stands in `combine`."""

import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any, Literal, get_args

from bert4ner.errors import ConfigError, RunError
from bert4ner.runs.files import FORMAT, damaged, read_json, to_json
from bert4ner.runs.fitted import Calibration, Stacker
from bert4ner.runs.layout import COMBINATION, member_name
from bert4ner.runs.rules import Rule, SpanRules, check_threshold
from bert4ner.runs.votes import check_quorum, vote_shares
from bert4ner.version import VERSION

COMBINATION_FORMAT = 3
Method = Literal["probability", "vote", "stacking"]


@dataclass(frozen=True)
class Combination:
    """What is done with the entities that the members find in one text.

    By `vote` each member has its say on what it found itself; by `probability` the members' probabilities of everything
    that any of them found are averaged; by `stacking` a logistic model makes one probability of them. What breaks a
    rule of `rule.spans` is left out, and scores are calibrated. Then those with a score of at least their label's
    threshold are kept and, of overlapping ones that `rule.nesting` does not allow, the heaviest.

    Raises:
        ConfigError: an unknown method, weights, a quorum or thresholds out of range, or a model of other members.
    """

    method: Method
    names: tuple[str, ...]
    """What the members were called."""
    weights: tuple[float, ...]
    """Of each member, above 0; only their proportions count, and none for `stacking`."""
    quorum: int = 1
    """How many votes an entity needs; no matter where the method is not `vote`."""
    label_quorum: Mapping[str, int] = field(default_factory=dict)
    rule: Rule = field(default_factory=Rule)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Those of single labels, instead of the rule's."""
    stacker: Stacker | None = None
    """The model of `stacking`, once it is fitted."""
    calibration: Calibration | None = None
    sizes: tuple[int, ...] = ()
    """How many runs each member is made of, whose models are averaged; empty where all are of one."""

    def __post_init__(self) -> None:
        members = len(self.names)
        if self.method not in get_args(Method):
            raise ConfigError(f"method must be one of {', '.join(get_args(Method))}, got {self.method!r}")
        if self.sizes and (len(self.sizes) != members or min(self.sizes) < 1):
            raise ConfigError(f"each of {members} members must have a number of runs, got {self.sizes}")
        if set(self.sizes) == {1}:
            object.__setattr__(self, "sizes", ())  # one way to say it: equal combinations compare equal
        vote_shares(members, self.weights)
        check_quorum(members, self.quorum, self.label_quorum)
        for label, threshold in self.thresholds.items():
            check_threshold(threshold, f" of label {label}")
        if self.stacker is not None and len(self.stacker.weights) != members:
            raise ConfigError(f"stacking {members} members needs as many weights, got {len(self.stacker.weights)}")

    @property
    def used_weights(self) -> tuple[float, ...]:
        """What each member counts in the end: its weight, or what `stacking` learned."""
        return self.weights if self.stacker is None else self.stacker.weights

    def folders(self) -> list[tuple[str, ...]]:
        """Of each member the names of its runs' folders in the combined run."""
        numbers, sizes = count(), self.sizes or (1,) * len(self.names)
        return [tuple(member_name(number) for number in islice(numbers, size)) for size in sizes]

    def to_json(self) -> str:
        """The text of the file that `read_combination` reads."""
        members = [
            {"name": name, "weight": weight, "folders": list(folders)}
            for name, weight, folders in zip(self.names, self.weights, self.folders(), strict=True)
        ]
        return to_json(
            {
                FORMAT: COMBINATION_FORMAT,
                "bert4ner": VERSION,
                "method": self.method,
                "members": members,
                "quorum": self.quorum,
                "label_quorum": dict(self.label_quorum),
                "threshold": self.rule.threshold,
                "thresholds": dict(self.thresholds),
                "nesting": self.rule.nesting,
                "nbest": self.rule.nbest,
                "rules": self.rule.spans.to_dict(),
                "stacking": None if self.stacker is None else asdict(self.stacker),
                "calibration": None if self.calibration is None else asdict(self.calibration),
            }
        )


def read_combination(run: Path) -> Combination:
    """How a run was combined.

    Raises:
        RunError: combination.json is missing, damaged or of another format.
    """
    path = run / COMBINATION
    values = read_json(path)
    if values.get(FORMAT) != COMBINATION_FORMAT:
        raise RunError(
            f"{path}: expected format {COMBINATION_FORMAT}, found {reprlib.repr(values.get(FORMAT))}; another version "
            "of bert4ner wrote it, combine the runs again"
        )
    try:
        return _from_values(values)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, ConfigError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from None


def _from_values(values: Mapping[str, Any]) -> Combination:
    stacker, calibration = values["stacking"], values["calibration"]
    if values["method"] == "stacking" and stacker is None:
        raise KeyError("stacking")
    return Combination(
        method=values["method"],
        names=tuple(member["name"] for member in values["members"]),
        weights=tuple(member["weight"] for member in values["members"]),
        sizes=tuple(len(member["folders"]) for member in values["members"]),
        quorum=values["quorum"],
        label_quorum=dict(values["label_quorum"].items()),
        rule=Rule(values["threshold"], values["nesting"], values["nbest"], SpanRules.from_dict(values["rules"])),
        thresholds=dict(values["thresholds"].items()),
        stacker=None if stacker is None else Stacker.from_dict(stacker),
        calibration=None if calibration is None else Calibration.from_dict(calibration),
    )
