"""How runs are to be combined: the options of `combine_runs`, and the TOML file that may hold them."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from bert4ner.combine.thresholds import Aim
from bert4ner.config import read_toml
from bert4ner.errors import ConfigError
from bert4ner.runs.combination import Method
from bert4ner.runs.fitted import CalibrationKind
from bert4ner.runs.rules import SpanRules


@dataclass(frozen=True)
class CombineOptions:
    """How runs are to be combined.

    Raises:
        ConfigError: a value that is none of those possible.
    """

    method: Method = "probability"
    weights: Literal["equal", "f1"] | Sequence[float] = "equal"
    """Of each run: equal, by its out-of-fold F1, or given."""
    quorum: int | Literal["auto"] | None = None
    """Votes that an entity needs: by default more than half; `auto` is what gives the best F out of fold."""
    label_quorum: Mapping[str, int] = field(default_factory=dict)
    threshold: float | None = None
    """Least score of an entity; by default 0.5, but none for votes and for what a single run found itself."""
    aim: Aim | Literal["auto"] | None = "auto"
    """What a threshold for every label is to be chosen for; None: all labels have `threshold`. `auto` is the best F1
    where there is annotation to choose on, no threshold is given, and probabilities are compared with it."""
    calibration: CalibrationKind = "none"
    """How scores are turned into shares that are right, fitted out of fold."""
    nbest: int = 1
    """Above 1, runs give more candidates than what they found; see `Recognizer.predict`."""
    rules: SpanRules = field(default_factory=SpanRules)
    """What entities must be like."""
    by_kind: bool = False
    """Whether the runs of one head are averaged first, as the folds of a run are: probabilities within a kind, votes or
    whatever the method is between kinds."""
    mixed_vocabularies: bool = False
    """Whether runs may have other vocabularies than the first one: encoders of several kinds, on purpose."""

    def __post_init__(self) -> None:
        for name, value, kinds in (
            ("method", self.method, get_args(Method)),
            ("calibration", self.calibration, get_args(CalibrationKind)),
        ):
            if value not in kinds:
                raise ConfigError(f"{name} must be one of {', '.join(kinds)}, got {value!r}")
        if self.quorum not in (None, "auto") and type(self.quorum) is not int:
            raise ConfigError(f"quorum must be a whole number or auto, got {self.quorum!r}")
        for name, switch in (("by_kind", self.by_kind), ("mixed_vocabularies", self.mixed_vocabularies)):
            if not isinstance(switch, bool):
                raise ConfigError(f"{name} must be true or false, got {switch!r}")
        voting = self.method == "vote"
        if not voting and (self.quorum is not None or self.label_quorum):
            raise ConfigError("a quorum is for the method vote; by probability a threshold decides")
        if voting and self.nbest != 1:
            raise ConfigError("votes are for what each run finds; several best paths are for probabilities")
        if self.method == "stacking" and self.weights != "equal":
            raise ConfigError("stacking learns the weights of the runs itself; leave weights out")

    @classmethod
    def load(cls, path: str | Path) -> "CombineOptions":
        """Read a TOML file with these names; `label_quorum` and `rules` are tables (`[rules.longest]`), aims are text.

        Raises:
            ConfigError: the file cannot be read, or holds an unknown option or an impossible value.
        """
        table = read_toml(path)
        try:
            return replace(cls(), **_checked(table))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None


def parse_aim(text: str) -> Aim | Literal["auto"] | None:
    """An aim, or `auto`, or `none`.

    Raises:
        ConfigError: anything else.
    """
    return None if text == "none" else "auto" if text == "auto" else Aim.parse(text)


def _checked(table: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a file, in the kinds that the class expects."""
    known = [each.name for each in fields(CombineOptions)]
    values = dict(table)
    for name, value in values.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
            raise ConfigError(f"unknown option {name!r}; {hint}")
        if name in ("label_quorum", "rules") and not isinstance(value, dict):
            raise ConfigError(f"{name} must be a table, got {value!r}")
    if not all(type(number) is int for number in values.get("label_quorum", {}).values()):
        raise ConfigError(f"label_quorum must hold a whole number for each label, got {values['label_quorum']!r}")
    threshold = values.get("threshold")
    if threshold is not None and not _is_number(threshold):
        raise ConfigError(f"threshold must be a number, got {threshold!r}")
    weights = values.get("weights", "equal")
    if weights not in ("equal", "f1") and not (isinstance(weights, list) and all(map(_is_number, weights))):
        raise ConfigError(f"weights must be equal, f1 or a list of numbers, got {weights!r}")
    if "aim" in values:
        values["aim"] = parse_aim(str(values["aim"]))
    if "rules" in values:
        values["rules"] = SpanRules.from_dict(values["rules"])
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
