"""Fields of options classes, and what each says of itself: help, range, choices, how it is told and typed.

The same is said of parameters of commands (`about`), so that both become flags by one code. Objects of options are in
`objects`.
"""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bert4ner.errors import ConfigError
from bert4ner.options.kinds import TEXT, Kind, is_number, word

Choices = Iterable[str] | Callable[[], Iterable[str]]


def asked_for(choices: Choices) -> tuple[str, ...]:
    """The words that there are now."""
    return tuple(choices() if callable(choices) else choices)


@dataclass(frozen=True)
class Range:
    """The numbers an option may have; `above` and `below` are bounds that are no longer allowed themselves.

    Example:
        >>> str(Range(low=1)), str(Range(above=0, high=0.9)), 0 in Range(above=0)
        ('at least 1', 'in (0, 0.9]', False)
    """

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def __contains__(self, value: float) -> bool:
        return (
            (self.low is None or self.low <= value)
            and (self.high is None or value <= self.high)
            and (self.above is None or self.above < value)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        least, most = self.above if self.low is None else self.low, self.below if self.high is None else self.high
        if most is None:
            return f"at least {least}" if self.above is None else f"above {least}"
        if least is None:
            return f"at most {most}" if self.below is None else f"below {most}"
        return f"in {'(' if self.low is None else '['}{least}, {most}{')' if self.high is None else ']'}"


class Text(NamedTuple):
    """How values that TOML has no word for are read from text and written as text."""

    read: Callable[[str], object]
    """Raises a ConfigError that is shown."""
    write: Callable[[Any], str]


@dataclass(frozen=True)
class About:
    """What is to be told of an option, apart from its name, its kind and its default."""

    help: str
    metavar: str = ""
    """What stands for the value in help; by default its kind."""
    flag: str = ""
    """Its name on a command line, without dashes; by default the option's own."""
    example: str = ""
    """A word that would be right, for the message about one that is not."""
    choices: Choices = ()
    """The words it may be, instead of any text; asked for each time, so that a registry may grow."""
    known: Choices = ()
    """Names that help tells, of which the text may be made; asked for each time, too."""
    range: Range = field(default_factory=Range)
    text: Text | None = None


def option(default: object, help: str, **about: Any) -> Any:  # noqa: ANN401  # as `field`: a value of the field's type
    """A field of an options class.

    Args:
        default: its default; of a table or list a function that makes one.
        help: what it is, in a sentence; `auto` and the like are explained here.
        **about: `low`, `high`, `above` and `below` bound numbers (see `Range`); the rest as in `About`.

    Example:
        >>> from bert4ner.options import Options
        >>> @dataclass(frozen=True)
        ... class Cutting(Options):
        ...     size: int = option(256, "Tokens in one window.", low=8)
        >>> Cutting(size=4)
        Traceback (most recent call last):
        bert4ner.errors.ConfigError: size must be at least 8, got 4
    """
    given = {"default_factory": default} if callable(default) else {"default": default}
    return field(**given, metadata={"about": describe(help, **about)})


def describe(help: str, **about: Any) -> About:  # noqa: ANN401  # fields of `Range` and `About`
    """What `option` says of a field, for the annotation of a command's own parameter, in `Annotated`."""
    bounds = {name: about.pop(name) for name in ("low", "high", "above", "below") if name in about}
    return About(help, range=Range(**bounds), **about)


@dataclass(frozen=True)
class Option:
    """One option, as its field or a command's parameter says it."""

    name: str
    default: object
    kinds: tuple[Kind, ...]
    about: About
    group: str = ""
    """The field of the options object that holds the one with this option; empty if that is the object itself."""

    @property
    def flag(self) -> str:
        """Its name on a command line."""
        return f"--{(self.about.flag or self.name).replace('_', '-')}"

    @property
    def allowed(self) -> tuple[Kind, ...]:
        """The kinds of values, text narrowed down to the choices that there are now."""
        words = tuple(word(choice) for choice in asked_for(self.about.choices))
        return tuple(each for kind in self.kinds for each in (words if words and kind is TEXT else (kind,)))

    def words(self) -> list[str]:
        """Those that it must be one of; none if it may be something else, too."""
        kinds = [kind for kind in self.allowed if kind.told]
        return [kind.told for kind in kinds] if all(kind.word for kind in kinds) else []

    def meant(self, found: object) -> str | None:
        """The word that was perhaps meant."""
        close = difflib.get_close_matches(found, self.words(), n=1, cutoff=0.5) if isinstance(found, str) else []
        return close[0] if close else None

    def expected(self, *, typed: bool = False) -> str:
        """What a value must be, in a phrase: of Python and files, or of a command line."""
        kinds = [kind.typed if typed and kind.typed else kind.told for kind in self.allowed if kind.told]
        if typed and self.about.example:
            kinds[-1] = f"{self.about.metavar or self.allowed[0].metavar} such as {self.about.example}"
        if len(kinds) > 1 and self.words():
            return f"one of {', '.join(kinds)}"
        return " or ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)

    def check(self, value: object) -> None:
        """Hold a value against kinds, choices and range.

        Raises:
            ConfigError: what was expected and what was found.
        """
        if not any(kind.holds(value) for kind in self.allowed):
            hint = f"; did you mean {meant!r}?" if (meant := self.meant(value)) else ""
            raise ConfigError(f"{self.name} must be {self.expected()}, got {value!r}{hint}")
        if is_number(value) and value not in self.about.range:
            raise ConfigError(f"{self.name} must be {self.about.range}, got {value}")

    def read(self, text: str) -> object:
        """The value of one word of a command line; its range is not looked at.

        Raises:
            ConfigError: `about.text` has its own to say.
            ValueError: it is none; what was expected and what was found.
        """
        if self.about.text is not None:
            return self.about.text.read(text)
        for kind in sorted(self.allowed, key=lambda kind: not kind.word):
            try:
                return kind.read(text)
            except ValueError:
                continue
        hint = f", did you mean {meant}?" if (meant := self.meant(text)) else ""
        raise ValueError(f"expected {self.expected(typed=True)}, found {text!r}{hint}")
