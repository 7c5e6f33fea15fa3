"""The space of a search: options, each with values to choose from or the numbers of an interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert4ner.config import Config
from bert4ner.errors import ConfigError, shown

Value = str | float | int | bool
_FIXED = {"seed": "its F1 would be luck", "seeds": "more seeds take longer, they train no other model"}
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
        return "|".join(map(str, self.values))


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
        """The values to be checked; all between them are as good."""
        return self.low, self.high

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


Space = Mapping[str, Choice | Interval]


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
    return space


def _option_named(given: str) -> str:
    """The option of a name or of a flag, as the command line has it."""
    flag = f"--{given.strip().lstrip('-').replace('_', '-')}"
    by_flag = {each.flag: each.name for group in Config.groups() for each in group.options}
    name = by_flag.get(flag) or Config.option(given.strip()).name
    if name in _FIXED:
        raise ConfigError(f"{name} cannot be searched: {_FIXED[name]}")
    return name


def _values(name: str, text: str) -> Choice | Interval:
    low, dots, high = text.partition("..")
    if dots and (numbers := _numbers(low, high)):
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
        raise ConfigError(f"search of {name}: an interval must rise, got {low:g}..{high:g}")
    return Interval(*ends)


def _value(name: str, word: str) -> Value:
    option = Config.option(name)
    switch = {"true": True, "false": False}
    if isinstance(option.default, bool) and word in switch:
        return switch[word]
    try:
        value = option.read(word)
    except ValueError as error:
        raise ConfigError(f"search of {name}: {error}") from None
    if not isinstance(value, str | int | float):
        raise ConfigError(f"{name} cannot be searched: its values are tables or lists")
    return value


def _check(config: Config, name: str, value: Value) -> None:
    try:
        config.replace(**{name: value})
    except ConfigError as error:
        raise ConfigError(f"search of {name}={value}: {error}") from None


def default_space(config: Config, *, encoder: float, head: float) -> Space:
    """The space of options that matter to every head: learning rates, tokens of a batch, averaged weights.

    Args:
        config: the options that all trials share.
        encoder: its learning rate of the encoder, `auto` resolved.
        head: that of the head.
    """
    window, own = config.windows.max_length, config.optimization.batch_tokens
    tokens = sorted(each for each in {1024, 2048, 4096, own} if each >= window)
    space: dict[str, Choice | Interval] = {
        "learning_rate": Interval(encoder / 4, encoder * 4),
        "head_learning_rate": Interval(head / 4, head * 4),
        "batch_tokens": Choice(tuple(tokens)),
    }
    modifiers = config.step.modifiers
    if not any(part.partition(":")[0].strip() in ("ema", "swa") for part in modifiers.split(",")):
        space["modifiers"] = Choice((modifiers, f"ema,{modifiers}" if modifiers else "ema"))
    return {name: values for name, values in space.items() if len(set(values.ends)) > 1}
