"""How a run was combined from others, as plain data: combination.json. `combine` applies it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Literal, get_args

from bert4ner.entities import Nesting
from bert4ner.errors import ConfigError
from bert4ner.runs.files import RUN_FILES, to_json
from bert4ner.runs.fitted import Calibration, Stacker
from bert4ner.runs.layout import COMBINATION, member_name
from bert4ner.runs.rescorer import Rescorer
from bert4ner.runs.rules import Rule, SpanRules, check_threshold
from bert4ner.runs.votes import check_quorum, vote_shares
from bert4ner.schema import FORMAT, Formats, Misfit, Positive, Share
from bert4ner.version import VERSION

COMBINATION_FORMAT, OLDEST_FORMAT = 4, 3
Method = Literal["probability", "vote", "stacking", "rescoring"]
FITTED_METHODS: tuple[Method, ...] = ("stacking", "rescoring")
"""Those with a model that is fitted to out-of-fold candidates."""


@dataclass(frozen=True)
class Combination:
    """How to combine the entities that the members find in one text.

    With `vote` each member votes for the entities that it finds; with `probability` the members' probabilities of all
    entities that any of them finds are averaged; with `stacking` a logistic model turns them into one probability, with
    `rescoring` a small network that also sees the rest of the document and the annotated texts.
    Entities that break a rule of `rule.spans` are left out, and scores are calibrated. Entities with a score of at
    least their label's threshold are kept; of overlapping ones that `rule.nesting` does not allow, those with the best
    total.

    Raises:
        ConfigError: the method is unknown, weights, a quorum or thresholds are out of range, or a fitted model does not
            fit.
    """

    method: Method
    names: tuple[str, ...]
    """The names of the members."""
    weights: tuple[float, ...]
    """The weight of each member, above 0; only proportions count; `stacking` and `rescoring` ignore them."""
    quorum: int = 1
    """The number of votes that an entity needs; only for the method `vote`."""
    label_quorum: Mapping[str, int] = field(default_factory=dict)
    rule: Rule = field(default_factory=Rule)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """The thresholds of single labels, instead of the rule's."""
    stacker: Stacker | None = None
    """The fitted model of `stacking`."""
    rescorer: Rescorer | None = None
    """The fitted model of `rescoring`."""
    calibration: Calibration | None = None
    sizes: tuple[int, ...] = ()
    """The number of runs in each member, whose models are averaged; empty if every member is one run."""

    def __post_init__(self) -> None:
        members = len(self.names)
        if self.method not in get_args(Method):
            raise ConfigError(f"method must be one of {', '.join(get_args(Method))}, got {self.method!r}")
        if self.sizes and (len(self.sizes) != members or min(self.sizes) < 1):
            raise ConfigError(f"each of {members} members must have a number of runs, got {self.sizes}")
        if set(self.sizes) == {1}:
            object.__setattr__(self, "sizes", ())  # one form only: equal combinations compare equal
        vote_shares(members, self.weights)
        check_quorum(members, self.quorum, self.label_quorum)
        for label, threshold in self.thresholds.items():
            check_threshold(threshold, f" of label {label}")
        if self.stacker is not None and len(self.stacker.weights) != members:
            raise ConfigError(f"stacking {members} members needs as many weights, got {len(self.stacker.weights)}")
        if self.rescorer is not None and self.rescorer.members != members:
            raise ConfigError(f"rescoring was fitted to {self.rescorer.members} members, the combination has {members}")

    @property
    def used_weights(self) -> tuple[float, ...]:
        """The effective weight of each member: its own, or that of `stacking`."""
        return self.weights if self.stacker is None else self.stacker.weights

    def folders(self) -> list[tuple[str, ...]]:
        """The folders in the combined run of each member's runs."""
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
                "rescoring": None if self.rescorer is None else asdict(self.rescorer),
                "calibration": None if self.calibration is None else asdict(self.calibration),
            }
        )


@dataclass(frozen=True)
class _Member:
    name: str
    weight: float
    folders: tuple[str, ...]


@dataclass(frozen=True)
class _CombinationFile:
    """The content of combination.json, apart from its format."""

    method: Method
    members: tuple[_Member, ...]
    quorum: Positive
    label_quorum: Mapping[str, Positive]
    threshold: Share
    thresholds: Mapping[str, Share]
    nesting: Nesting
    nbest: Positive
    rules: SpanRules
    stacking: Stacker | None
    calibration: Calibration | None
    rescoring: Rescorer | None = None
    bert4ner: str = ""

    def __post_init__(self) -> None:
        for method, fitted in (("stacking", self.stacking), ("rescoring", self.rescoring)):
            if self.method == method and fitted is None:
                raise Misfit(f"the model of {method!r} is missing")
        if [each.folders for each in self.members] != self.combination().folders():
            raise Misfit("expected the folders of the members in their order, member-0 first")

    def combination(self) -> Combination:
        return Combination(
            method=self.method,
            names=tuple(member.name for member in self.members),
            weights=tuple(member.weight for member in self.members),
            sizes=tuple(len(member.folders) for member in self.members),
            quorum=self.quorum,
            label_quorum=self.label_quorum,
            rule=Rule(self.threshold, self.nesting, self.nbest, self.rules),
            thresholds=self.thresholds,
            stacker=self.stacking,
            rescorer=self.rescoring,
            calibration=self.calibration,
        )


def read_combination(run: Path) -> Combination:
    """The combination of a run.

    Raises:
        RunError: combination.json is missing, damaged or of another format.
    """
    formats = Formats(COMBINATION_FORMAT, oldest=OLDEST_FORMAT, cure="combine the runs again")
    return RUN_FILES.read(run / COMBINATION, _CombinationFile, formats=formats).combination()
