"""How several runs are combined: the rule, its application to what the members say, and the file that holds it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from bert4ner.combine.learning import Calibration, Stacker
from bert4ner.combine.selection import select
from bert4ner.combine.span_rules import SpanRules
from bert4ner.combine.thresholds import Rule
from bert4ner.combine.voting import check_quorum, vote, vote_shares, with_score
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError, RunError
from bert4ner.runs.folder import COMBINATION
from bert4ner.version import VERSION

FORMAT = 3
Method = Literal["probability", "vote", "stacking"]


@dataclass(frozen=True)
class Evidence:
    """What the members say about one text."""

    document: Document
    """The text with all candidates."""
    chances: np.ndarray
    """(members, candidates): the probability that each member gives them. Where members vote, the score of what each
    found itself, and NaN for what it did not find."""


def voiced(document: Document, found: Sequence[Sequence[Entity]]) -> Evidence:
    """The evidence to vote on: what each member found in a text."""
    candidates = sorted({entity for entities in found for entity in entities})
    numbers = {entity: number for number, entity in enumerate(candidates)}
    chances = np.full((len(found), len(candidates)), np.nan)
    for row, entities in zip(chances, found, strict=True):
        for entity in entities:
            row[numbers[entity]] = 1.0 if entity.score is None else entity.score
    return Evidence(Document(document.id, document.text, tuple(candidates)), chances)


@dataclass(frozen=True)
class Combination:
    """What is done with the entities that the members find in one text.

    By `vote` each member has its say on what it found itself (see `voting.vote`); by `probability` the members'
    probabilities of everything that any of them found are averaged; by `stacking` a logistic model makes one
    probability of them. What breaks a rule of `rule.spans` is left out, and scores are calibrated. Then those with a
    score of at least their label's threshold are kept and, of overlapping ones that `rule.nesting` does not allow, the
    heaviest.

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
        if self.method not in get_args(Method):
            raise ConfigError(f"method must be one of {', '.join(get_args(Method))}, got {self.method!r}")
        if self.sizes and (len(self.sizes) != len(self.names) or min(self.sizes) < 1):
            raise ConfigError(f"each of {len(self.names)} members must have a number of runs, got {self.sizes}")
        if set(self.sizes) == {1}:
            object.__setattr__(self, "sizes", ())  # one way to say it: equal combinations compare equal
        vote_shares(len(self.names), self.weights)
        check_quorum(len(self.names), self.quorum, self.label_quorum)
        for label, threshold in [("", self.rule.threshold), *self.thresholds.items()]:
            if not 0 <= threshold <= 1:
                of_label = f" of label {label}" if label else ""
                raise ConfigError(f"threshold{of_label} must be in [0, 1], got {threshold}")
        if self.stacker is not None and len(self.stacker.weights) != len(self.names):
            raise ConfigError(
                f"stacking {len(self.names)} members needs as many weights, got {len(self.stacker.weights)}"
            )

    def score(self, evidence: Evidence) -> Document:
        """The text with those candidates that have votes enough and keep the rules, each with its score."""
        document, chances = evidence.document, evidence.chances
        if self.method == "vote":
            found = [
                [with_score(entity, score) for entity, score in zip(document.entities, row, strict=True) if score >= 0]
                for row in chances.tolist()
            ]
            entities = vote(found, quorum=self.quorum, weights=self.weights, label_quorum=self.label_quorum)
            scores = np.array([entity.score for entity in entities], dtype=np.float64)
        else:
            entities = list(document.entities)
            scores = self._scores(entities, chances)  # (candidates,)
        if self.calibration is not None:
            scores = self.calibration(scores)
        scored = [with_score(entity, score) for entity, score in zip(entities, scores.tolist(), strict=True)]
        return Document(document.id, document.text, tuple(self.rule.spans.allowed(document, scored)))

    def _scores(self, entities: Sequence[Entity], chances: np.ndarray) -> np.ndarray:
        if self.method == "probability":
            return np.average(chances, axis=0, weights=self.weights)
        if self.stacker is None:
            raise ConfigError("stacking needs a fitted model; combine the runs with the documents they were made from")
        return self.stacker([entity.label for entity in entities], chances)

    def select(self, scored: Document) -> Document:
        """The text with those of its scored candidates that are the result."""
        rule = self.rule
        kept = select(scored.entities, threshold=rule.threshold, thresholds=self.thresholds, nesting=rule.nesting)
        return Document(scored.id, scored.text, tuple(kept))

    def folders(self) -> list[tuple[str, ...]]:
        """Of each member the names of its runs' folders in the combined run."""
        numbers, sizes = count(), self.sizes or (1,) * len(self.names)
        return [tuple(f"member-{number}" for number in islice(numbers, size)) for size in sizes]

    def to_json(self) -> str:
        """The text of the file that `load` reads."""
        members = [
            {"name": name, "weight": weight, "folders": list(folders)}
            for name, weight, folders in zip(self.names, self.weights, self.folders(), strict=True)
        ]
        values = {
            "format": FORMAT,
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
            "stacking": None if self.stacker is None else self.stacker.to_dict(),
            "calibration": None if self.calibration is None else self.calibration.to_dict(),
        }
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
        except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as error:
            raise RunError(f"{path}: damaged ({type(error).__name__}: {error}); combine the runs again") from None


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


def is_combination(path: Path) -> bool:
    """Whether a folder is a run that was combined of others."""
    return (path / COMBINATION).is_file()
