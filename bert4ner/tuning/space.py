"""The space of a search: options, each with values to choose from or the numbers of an interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bert4ner.config import Config
from bert4ner.errors import ConfigError, shown
from bert4ner.tuning.options import TuningOptions

Value = str | int | float | bool
_OTHER_DOCUMENTS = "its trials would be scored on different documents"
_FIXED = {
    "seed": "the luckiest seed is no better one",
    "seeds": "more models of a kind are no other kind",
    "valid_share": _OTHER_DOCUMENTS,
    "bootstrap": _OTHER_DOCUMENTS,
}
_CURVES = {"epochs", "schedule", "warmup", "patience"}
_ON_LOG_SCALE = 10.0  # the ratio of the ends from which on a logarithmic scale is meant


@dataclass(frozen=True)
class Choice:
    """Values to choose from."""

    values: tuple[Value, ...]

    def __contains__(self, value: object) -> bool:
        return any(type(value) is type(each) and value == each for each in self.values)

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values to be checked."""
        return self.values

    def __str__(self) -> str:
        return "|".join(str(each).lower() if isinstance(each, bool) else str(each) for each in self.values)


@dataclass(frozen=True)
class Interval:
    """The numbers from `low` to `high`, both included; whole ones if both are."""

    low: float
    high: float

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int)

    @property
    def on_log_scale(self) -> bool:
        """Whether ratios are even rather than differences: the upper end is at least ten times the lower."""
        return self.low > 0 and self.high >= _ON_LOG_SCALE * self.low

    def __contains__(self, value: object) -> bool:
        kinds = (int,) if self.whole else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and self.low <= value <= self.high

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values to be checked."""
        return self.low, self.high

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


Space = Mapping[str, Choice | Interval]


def check_search(options: TuningOptions, config: Config, *, valid: bool) -> Space:
    """The space that options name, empty if they name none; before any document is read.

    Args:
        options: of the search.
        config: the options that all trials share.
        valid: whether other documents are given to score on.

    Raises:
        ConfigError: `valid` together with ``folds``, or see `read_space`.
    """
    if valid and options.folds:
        raise ConfigError("folds already hold out every document once; leave out valid or folds")
    return read_space(options.search, config)


def same_curves(space: Space) -> bool:
    """Whether all trials do as much in an epoch, at the same rates: only then can their epochs be compared."""
    return not _CURVES & set(space)


def read_space(search: Sequence[str], config: Config) -> Space:
    """The space that texts such as ``head=crf|w2ner`` and ``learning_rate=1e-5..1e-4`` describe.

    Args:
        search: one text for each option.
        config: the options that all trials share; each value must be valid beside them.

    Raises:
        ConfigError: an option is unknown, named twice or not to be searched, or a value is invalid.

    Example:
        >>> from bert4ner import Config
        >>> space = read_space(["head=crf|w2ner", "fusion_layers=2..6"], Config())
        >>> space["head"].values, 5 in space["fusion_layers"]
        (('crf', 'w2ner'), True)
    """
    space: dict[str, Choice | Interval] = {}
    for text in search:
        given, equals, values = text.partition("=")
        if not equals:
            raise ConfigError(f"search must be OPTION=VALUES such as head=crf|w2ner, got {shown(text)}")
        name = _option_named(given)
        if name in space:
            raise ConfigError(f"search names {name} twice; give all its values at once")
        space[name] = _values(name, values)
        for end in space[name].ends:
            _check(config, name, end)
    return dict(sorted(space.items()))


def _option_named(given: str) -> str:
    """The option of a name or of a flag, as the command line has it."""
    flag = f"--{given.strip().lstrip('-').replace('_', '-')}"
    by_flag = {each.flag: each.name for group in Config.groups() for each in group.options}
    try:
        name = by_flag.get(flag) or Config.option(given.strip()).name
    except ConfigError as error:
        raise ConfigError(f"search: {error}") from None
    if name in _FIXED:
        raise ConfigError(f"{name} cannot be searched: {_FIXED[name]}")
    if not any(each.collect is None and each.expected for each in Config.option(name).kinds):
        raise ConfigError(f"{name} cannot be searched: its values are tables or lists")
    return name


def _values(name: str, text: str) -> Choice | Interval:
    low, dots, high = text.partition("..")
    if dots and not high.startswith(".") and (numbers := _numbers(low, high)):
        return _interval(name, *numbers)
    words = text.split("|")
    if len(words) < 2:
        raise ConfigError(
            f"search of {name} needs values with | between them or an interval such as 2..8, got {shown(text)}"
        )
    values = tuple(_value(name, word.strip()) for word in words)
    if len(set(values)) < len(values):
        raise ConfigError(f"search names a value of {name} twice: {shown(text)}")
    return Choice(values)


def _numbers(low: str, high: str) -> tuple[float, float] | None:
    for kind in (int, float):
        try:
            return kind(low), kind(high)
        except ValueError:
            continue
    return None


def _interval(name: str, low: float, high: float) -> Interval:
    takes_numbers = any(each.expected == "a number" for each in Config.option(name).kinds)
    ends = (float(low), float(high)) if takes_numbers else (low, high)
    if not math.isfinite(low) or not math.isfinite(high) or not low < high:
        raise ConfigError(f"search of {name}: an interval must rise from one number to another, got {low}..{high}")
    return Interval(*ends)


def _value(name: str, word: str) -> Value:
    option = Config.option(name)
    switch = {"true": True, "false": False}
    if isinstance(option.default, bool) and word in switch:
        return switch[word]
    try:
        return cast(Value, option.read(word))  # `_option_named` lets no tables through
    except ValueError as error:
        raise ConfigError(f"search of {name}: {error}") from None


def _check(config: Config, name: str, value: Value) -> None:
    try:
        config.replace(**{name: value})
    except ConfigError as error:
        raise ConfigError(f"search of {name}={value}: {error}") from None


def default_space(config: Config, *, learning_rate: float, head_learning_rate: float) -> Space:
    """The space of options that matter to every head: learning rates, tokens of a batch, averaged weights.

    Args:
        config: the options that all trials share.
        learning_rate: that of its encoder, `auto` resolved.
        head_learning_rate: that of its head.
    """
    window, own = config.windows.max_length, config.optimization.batch_tokens
    tokens = sorted(each for each in {1024, 2048, 4096, own} if each >= window)
    space: dict[str, Choice | Interval] = {
        "learning_rate": _around(learning_rate),
        "head_learning_rate": _around(head_learning_rate),
        "batch_tokens": Choice(tuple(tokens)),
    }
    modifiers = config.step.modifiers
    if not any(part.partition(":")[0].strip() in ("ema", "swa") for part in modifiers.split(",")):
        space["modifiers"] = Choice((modifiers, f"ema,{modifiers}" if modifiers else "ema"))
    return {name: values for name, values in sorted(space.items()) if len(set(values.ends)) > 1}


def _around(rate: float) -> Interval:
    """A factor of four on either side, in three digits."""
    return Interval(float(f"{rate / 4:.3g}"), float(f"{rate * 4:.3g}"))
