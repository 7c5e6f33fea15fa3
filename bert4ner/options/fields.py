"""Fields of options classes, and their description: help, range, choices, flag and expected values.

Parameters of commands have the same description (`about`), so that one code path turns both into flags. `objects` has
the objects of options.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bert4ner.errors import ConfigError, closest, shown
from bert4ner.options.kinds import TEXT, Kind, is_number, word
from bert4ner.schema import Range

Choices = Iterable[str] | Callable[[], Iterable[str]]


def asked_for(choices: Choices) -> tuple[str, ...]:
    """The words at the time of the call."""
    return tuple(choices() if callable(choices) else choices)


class Text(NamedTuple):
    """How to read values from text and write them as text, if TOML has no type for them."""

    read: Callable[[str], object]
    """Raises a ConfigError that is shown."""
    write: Callable[[Any], str]


@dataclass(frozen=True)
class About:
    """The description of an option, apart from its name, type and default."""

    help: str
    metavar: str = ""
    """The placeholder for the value in help; by default that of its type."""
    flag: str = ""
    """Its name on a command line, without dashes; by default the option's own."""
    example: str = ""
    """An example of a valid word, for the message about an invalid one."""
    choices: Choices = ()
    """The accepted words, instead of any text; requested each time, because a registry may grow."""
    no_choice: Callable[[str], str] = lambda word: ""
    """Further advice for a word that is not among the choices."""
    known: Choices = ()
    """Names that the text may consist of, which help lists; requested each time, too."""
    range: Range = field(default_factory=Range)
    text: Text | None = None


def option(default: object, help: str, **about: Any) -> Any:  # noqa: ANN401  # as `field`: a value of the field's type
    """A field of an options class.

    Args:
        default: its default; a function that makes one for a table or list.
        help: its meaning, in a sentence; explains `auto` and the like.
        **about: `low`, `high`, `above` and `below` bound numbers (see `Range`); the others are those of `About`.

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
    """The description of a command's own parameter, for its annotation, in `Annotated`; see `option`."""
    bounds = {name: about.pop(name) for name in ("low", "high", "above", "below") if name in about}
    return About(help, range=Range(**bounds), **about)


@dataclass(frozen=True)
class Option:
    """One option, described by its field or by a command's parameter."""

    name: str
    default: object
    kinds: tuple[Kind, ...]
    about: About
    group: str = ""
    """The field of the options object that holds the group of this option; empty if the object itself holds it."""

    @property
    def flag(self) -> str:
        """Its name on a command line."""
        return f"--{(self.about.flag or self.name).replace('_', '-')}"

    @property
    def allowed(self) -> tuple[Kind, ...]:
        """The kinds of values, with text limited to the current choices."""
        words = tuple(word(choice) for choice in asked_for(self.about.choices))
        return tuple(each for kind in self.kinds for each in (words if words and kind is TEXT else (kind,)))

    def words(self) -> list[str]:
        """The words to choose from; none if other values are accepted, too."""
        kinds = [kind for kind in self.allowed if kind.expected]
        return [kind.expected for kind in kinds] if all(kind.word for kind in kinds) else []

    def meant(self, found: object) -> str | None:
        """The word that the user probably meant."""
        return closest(found, self.words()) if isinstance(found, str) else None

    def expected(self, *, typed: bool = False) -> str:
        """The accepted values in a phrase, for Python and files or for a command line."""
        kinds = [kind.typed if typed and kind.typed else kind.expected for kind in self.allowed if kind.expected]
        if typed and self.about.example:
            kinds[-1] = f"{self.about.metavar or self.allowed[0].metavar} such as {self.about.example}"
        if len(kinds) > 1 and self.words():
            return f"one of {', '.join(kinds)}"
        return " or ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)

    def check(self, value: object) -> None:
        """Check a value's type, choices and range.

        Raises:
            ConfigError: stating what was expected and what was found.
        """
        if not any(kind.holds(value) for kind in self.allowed):
            hint = f"; did you mean {meant!r}?" if (meant := self.meant(value)) else ""
            raise ConfigError(f"{self.name} must be {self.expected()}, got {shown(value)}{hint}")
        if is_number(value) and value not in self.about.range:
            raise ConfigError(f"{self.name} must be {self.about.range}, got {shown(value)}")

    def read(self, text: str) -> object:
        """The value of one word of a command line; its range is not checked.

        Raises:
            ConfigError: `about.text` refuses the word.
            ValueError: the word is invalid; states what was expected and what was found.
        """
        if self.about.text is not None:
            return self.about.text.read(text)
        for kind in sorted(self.allowed, key=lambda kind: not kind.word):
            try:
                return kind.read(text)
            except ValueError:
                continue
        if said := self.about.no_choice(text):
            raise ValueError(said)
        hint = f", did you mean {meant}?" if (meant := self.meant(text)) else ""
        raise ValueError(f"expected {self.expected(typed=True)}, found {text!r}{hint}")
