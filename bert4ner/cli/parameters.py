"""What a command takes, read off its function: arguments, options of its own, and objects of options.

A command is a function. What may stand before its ``*`` are arguments, by their place; what stands behind it are
options, by their name; a parameter whose default is an object of `Options` becomes all the options of that object and
``--config FILE``, whose values are their defaults. Annotations say the kind, `describe` in them the rest. Another
package's command is declared in the same way, and named by an entry point of the group ``bert4ner.commands``.

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
    ...     e.g.  bert4ner count examples/data/leaflets.jsonl
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
"""A parameter whose options are those of the command itself."""
Quiet = Annotated[bool, describe("Tell of warnings and errors only.")]
ConfigFile = Annotated[
    Path | None,
    describe("TOML file with any of the options below; options on the command line win.", metavar="FILE"),
]


@dataclass(frozen=True)
class Parameter:
    """One argument or option of a command."""

    name: str
    """What it is called among the values that were read."""
    option: Option
    positional: bool = False
    required: bool = False
    both_ways: bool = False
    """Whether a switch can also be turned off, since its default or a file may have turned it on."""

    @property
    def label(self) -> str:
        """What a message calls it: DATA or --output."""
        return self.metavar if self.positional else self.option.flag

    @property
    def flags(self) -> list[str]:
        """What an option is called on a command line: --prune, and --no-prune for a switch that is both ways."""
        flag = self.option.flag
        return [flag, f"--no-{flag.removeprefix('--')}"] if self.is_switch and self.both_ways else [flag]

    @property
    def metavar(self) -> str:
        """What stands for its value; empty for a switch, which has none."""
        return self.option.about.metavar or "|".join(each.metavar for each in self.option.allowed if each.metavar)

    @property
    def words(self) -> list[str]:
        """Those that it must be one of, where nothing shorter is said of them."""
        return [] if self.option.about.metavar else self.option.words()

    @property
    def is_switch(self) -> bool:
        """Whether it is there or not, without a value."""
        return isinstance(self.option.default, bool)

    @property
    def is_many(self) -> bool:
        """Whether it takes any number of words."""
        return self.option.kinds[0].collect is not None


@dataclass(frozen=True)
class Signature:
    """All that a command takes."""

    parameters: tuple[Parameter, ...]
    """Its own, and those that every command has."""
    objects: dict[str, Options]
    """Its parameters that are objects of options, by name, as they are without any option."""

    @property
    def sections(self) -> Iterator[tuple[Group, tuple[Parameter, ...]]]:
        """The options of the objects, by the groups that they stand in.

        What an object has without a group is one of the parameter's name, but for `options`: those are the command's.
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
    """What a command's function takes, and the options that every command has.

    Raises:
        EnvironmentProblem: the function, another package's most likely, is not declared as a command's must be.
    """
    try:
        signature = _read(function)
        _check_names(signature)
    except Exception as error:
        place = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', repr(function))}"
        told = str(error) if isinstance(error, _DeclarationError) else in_one_line(error)
        raise EnvironmentProblem(
            f"{place} cannot be a command: {told}; repair or uninstall the package that it is from"
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
    """Refuse what no command line can give as it is declared."""
    name, by_name = parameter.name, parameter.kind is inspect.Parameter.KEYWORD_ONLY
    if not by_name and parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        raise _DeclarationError(f"its parameter {parameter} cannot be given by its name")
    if parameter.annotation is inspect.Parameter.empty:
        raise _DeclarationError(f"its parameter {name} has no annotation, so its kind is not known")
    if kinds_of(bool)[0] in kinds_of(parameter.annotation):
        if not by_name:
            raise _DeclarationError(f"its parameter {name} is true or false, so it must stand behind the *")
        if not isinstance(parameter.default, bool):
            raise _DeclarationError(f"its parameter {name} is true or false, so its default must be True or False")


def _check_names(signature: Signature) -> None:
    """Refuse two parameters of one name, two options of one flag, and two objects with one key in a file."""
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
