"""How several runs are combined: the rule, its application to the entities of one text, and the file that holds it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from bert4ner.combine.selection import select
from bert4ner.combine.thresholds import Rule
from bert4ner.combine.voting import check_quorum, vote, vote_shares, with_score
from bert4ner.entities import Entity
from bert4ner.errors import ConfigError, RunError
from bert4ner.train.run_folder import COMBINATION
from bert4ner.version import VERSION

FORMAT = 1
Method = Literal["probability", "vote"]


@dataclass(frozen=True)
class Combination:
    """What is done with the entities that the members find in one text.

    By `vote` each member has its say on what it found itself (see `voting.vote`); by `probability` the members'
    probabilities of everything that any of them found are averaged. Then those with a score of at least their label's
    threshold are kept and, unless `rule.nested`, of overlapping ones the heaviest.

    Raises:
        ConfigError: an unknown method, weights, a quorum or thresholds out of range.
    """

    method: Method
    names: tuple[str, ...]
    """What the members were called."""
    weights: tuple[float, ...]
    """Of each member, above 0; only their proportions count."""
    quorum: int = 1
    """How many votes an entity needs; no matter where the method is not `vote`."""
    label_quorum: Mapping[str, int] = field(default_factory=dict)
    rule: Rule = field(default_factory=Rule)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Those of single labels, instead of the rule's."""

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise ConfigError(f"method must be {' or '.join(get_args(Method))}, got {self.method!r}")
        vote_shares(len(self.names), self.weights)
        check_quorum(len(self.names), self.quorum, self.label_quorum)
        for label, threshold in [("", self.rule.threshold), *self.thresholds.items()]:
            if not 0 <= threshold <= 1:
                of_label = f" of label {label}" if label else ""
                raise ConfigError(f"threshold{of_label} must be in [0, 1], got {threshold}")

    def count_votes(self, found: Sequence[Sequence[Entity]]) -> list[Entity]:
        """The candidates of one text, from what each member found."""
        return vote(found, quorum=self.quorum, weights=self.weights, label_quorum=self.label_quorum)

    def average(self, candidates: Sequence[Entity], chances: np.ndarray) -> list[Entity]:
        """The candidates of one text with their mean probability, from that of each member, (members, candidates)."""
        means = np.average(chances, axis=0, weights=self.weights)                          # (candidates,)
        return [with_score(entity, float(mean)) for entity, mean in zip(candidates, means, strict=True)]

    def select(self, candidates: Sequence[Entity]) -> list[Entity]:
        """Those of the candidates that are the result."""
        rule = self.rule
        return select(candidates, threshold=rule.threshold, thresholds=self.thresholds, nested=rule.nested)

    def to_json(self) -> str:
        """The text of the file that `load` reads."""
        members = [
            {"folder": member_folder(number), "name": name, "weight": weight}
            for number, (name, weight) in enumerate(zip(self.names, self.weights, strict=True))
        ]
        values = {
            "format": FORMAT, "bert4ner": VERSION, "method": self.method, "members": members, "quorum": self.quorum,
            "label_quorum": dict(self.label_quorum), "threshold": self.rule.threshold,
            "thresholds": dict(self.thresholds), "nested": self.rule.nested,
        }  # fmt: skip
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def load(cls, run: Path) -> "Combination":
        """Read combination.json of a run.

        Raises:
            RunError: it is missing, damaged or of another version.
        """
        path = run / COMBINATION
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise RunError(f"{path}: missing or damaged ({error}); combine the runs again") from None
        version = values.get("format") if isinstance(values, dict) else None
        if version != FORMAT:
            raise RunError(f"{path}: expected format {FORMAT}, found {version!r}; another version of bert4ner wrote it")
        try:
            return _from_values(values)
        except (KeyError, TypeError, AttributeError, ConfigError) as error:
            raise RunError(f"{path}: damaged ({type(error).__name__}: {error}); combine the runs again") from None


def _from_values(values: Mapping[str, Any]) -> Combination:
    return Combination(
        method=values["method"],
        names=tuple(member["name"] for member in values["members"]),
        weights=tuple(member["weight"] for member in values["members"]),
        quorum=values["quorum"],
        label_quorum=dict(values["label_quorum"].items()),
        rule=Rule(values["threshold"], values["nested"]),
        thresholds=dict(values["thresholds"].items()),
    )


def member_folder(number: int) -> str:
    """The name of a member's folder in the run that it is part of."""
    return f"member-{number}"


def is_combination(path: Path) -> bool:
    """Whether a folder is a run that was combined of others."""
    return (path / COMBINATION).is_file()
