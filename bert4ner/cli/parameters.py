"""The parameters of a command, read from its function: arguments, options, and objects of options.

A command is a function. Parameters before its ``*`` are positional arguments, parameters after it are options by name.
A parameter whose default is an `Options` object adds all options of that object and ``--config FILE``, whose values
become their defaults. Annotations give the types; `describe` in them gives the rest. A command of another package is
declared in the same way, and found by an entry point of the group ``bert4ner.commands``.

Example:
    >>> from pathlib import Path
    >>> from typing import Annotated
    >>> from bert4ner.options import describe
    >>> def count(
    ...     data: Annotated[Path, describe("Documents to count.", metavar="DATA")],
    ...     *,
    ...     times: Annotated[int, describe("How many times they are counted.", low=1)] = 1,
    ... ) -> None:
    ...     '''Count documents.
    ...
    ...     e.g.  bert4ner count train.json
    ...     '''
    >>> [(each.label, each.required) for each in read_signature(count).parameters]
    [('DATA', True), ('--times', False), ('--quiet', False)]
"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, get_args, get_origin

from bert4ner.errors import EnvironmentProblem, in_one_line
from bert4ner.options import About, Group, Option, Options, describe
from bert4ner.options.kinds import kinds_of

COMMANDS_OWN = "options"
"""The name of the parameter whose options belong to the command itself."""
Quiet = Annotated[bool, describe("Only show warnings and errors.")]
ConfigFile = Annotated[
    Path | None,
    describe("TOML file with any of the options below; options on the command line win.", metavar="FILE"),
]


@dataclass(frozen=True)
class Parameter:
    """One argument or option of a command."""

    name: str
    """The key of its value among the values that were read."""
    option: Option
    positional: bool = False
    required: bool = False
    both_ways: bool = False
    """Whether a switch can also be turned off, because its default or a file may turn it on."""

    @property
    def label(self) -> str:
        """Its name in messages: DATA or --output."""
        return self.metavar if self.positional else self.option.flag

    @property
    def flags(self) -> list[str]:
        """Its names on a command line: --prune, and --no-prune for a switch that works both ways."""
        flag = self.option.flag
        return [flag, f"--no-{flag.removeprefix('--')}"] if self.is_switch and self.both_ways else [flag]

    @property
    def metavar(self) -> str:
        """The placeholder for its value; empty for a switch, which has none."""
        return self.option.about.metavar or "|".join(each.metavar for each in self.option.allowed if each.metavar)

    @property
    def words(self) -> list[str]:
        """The words that it accepts, unless a shorter description exists."""
        return [] if self.option.about.metavar else self.option.words()

    @property
    def is_switch(self) -> bool:
        """Whether it is a switch, without a value."""
        return isinstance(self.option.default, bool)

    @property
    def is_many(self) -> bool:
        """Whether it takes any number of words."""
        return self.option.kinds[0].collect is not None


@dataclass(frozen=True)
class Signature:
    """All parameters of a command."""

    parameters: tuple[Parameter, ...]
    """Its own parameters, and those of every command."""
    objects: dict[str, Options]
    """Its parameters that are objects of options, by name, with their default values."""

    @property
    def sections(self) -> Iterator[tuple[Group, tuple[Parameter, ...]]]:
        """The options of the objects, by group.

        Options without a group belong to a group named after the parameter, except those of `options`: they are the
        command's.
        """
        for name, base in self.objects.items():
            values = base.options()
            for own in base.groups():
                group = own if own.name or name == COMMANDS_OWN else own._replace(name=name)
                options = [replace(each, default=values[each.name]) for each in group.options]
                yield group, tuple(Parameter(f"{name}__{each.name}", each, both_ways=True) for each in options)

    def all(self) -> tuple[Parameter, ...]:
        """Every argument and option."""
        return (*self.parameters, *(each for _, section in self.sections for each in section))


def read_signature(function: Callable[..., None]) -> Signature:
    """The parameters of a command's function, and the options of every command.

    Raises:
        EnvironmentProblem: the function, probably another package's, is not declared as a command must be.
    """
    try:
        signature = _read(function)
        _check_names(signature)
    except Exception as error:
        place = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', repr(function))}"
        mistake = str(error) if isinstance(error, _DeclarationError) else in_one_line(error)
        raise EnvironmentProblem(
            f"{place} cannot be a command: {mistake}; repair or uninstall the package that provides it"
        ) from error
    return signature


class _DeclarationError(Exception):
    """A parameter that no command can have."""


def _read(function: Callable[..., None]) -> Signature:
    own: list[Parameter] = []
    objects: dict[str, Options] = {}
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if isinstance(parameter.default, Options):
            objects[parameter.name] = parameter.default
        else:
            _check_parameter(parameter)
            own.append(_own(parameter))
    if objects:
        own.append(_added("config", None, ConfigFile))
    return Signature((*own, _added("quiet", False, Quiet)), objects)


def _check_parameter(parameter: inspect.Parameter) -> None:
    """Refuse a parameter that cannot be given on a command line as declared."""
    name, by_name = parameter.name, parameter.kind is inspect.Parameter.KEYWORD_ONLY
    if not by_name and parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        raise _DeclarationError(f"its parameter {parameter} cannot be given by its name")
    if parameter.annotation is inspect.Parameter.empty:
        raise _DeclarationError(f"its parameter {name} has no annotation, so its type is not known")
    if kinds_of(bool)[0] in kinds_of(parameter.annotation):
        if not by_name:
            raise _DeclarationError(f"its parameter {name} is true or false, so it must stand behind the *")
        if not isinstance(parameter.default, bool):
            raise _DeclarationError(f"its parameter {name} is true or false, so its default must be True or False")


def _check_names(signature: Signature) -> None:
    """Refuse two parameters with one name, two options with one flag, and two objects with one key in a file."""
    names = Counter(each.name for each in signature.parameters)
    keys = Counter(key for base in signature.objects.values() for key in (*base.options(), *_groups(base)))
    flags = Counter(["--help", *(flag for each in signature.all() if not each.positional for flag in each.flags)])
    if twice := [name for name, count in [*names.items(), *flags.items(), *keys.items()] if count > 1]:
        raise _DeclarationError(f"{', '.join(twice)} would mean two things; --help, --quiet and --config are taken")


def _groups(base: Options) -> list[str]:
    return [group.name for group in base.groups() if group.name]


def _own(parameter: inspect.Parameter) -> Parameter:
    bare = parameter.default is inspect.Parameter.empty
    option = _option(parameter.name, None if bare else parameter.default, parameter.annotation)
    if bare and option.kinds[0].collect is not None:
        option = replace(option, default=option.kinds[0].collect(()))
    positional = parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    return Parameter(parameter.name, option, positional, required=bare, both_ways=parameter.default is True)


def _added(name: str, default: object, annotation: object) -> Parameter:
    return Parameter(name, _option(name, default, annotation))


def _option(name: str, default: object, annotation: object) -> Option:
    said = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    about = next((each for each in said if isinstance(each, About)), About(""))
    return Option(name, default, kinds_of(annotation), about)
