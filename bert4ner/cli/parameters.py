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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, get_args, get_origin

from bert4ner.options import About, Group, Option, Options, describe
from bert4ner.options.kinds import kinds_of

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
    """Whether a switch can also be turned off, since a file may have turned it on."""

    @property
    def label(self) -> str:
        """What a message calls it: DATA or --output."""
        return self.metavar if self.positional else self.option.flag

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
        """The options of the objects, by the groups that they stand in."""
        for name, base in self.objects.items():
            values = base.options()
            for group in base.groups():
                options = [replace(each, default=values[each.name]) for each in group.options]
                yield group, tuple(Parameter(f"{name}__{each.name}", each, both_ways=True) for each in options)

    def all(self) -> tuple[Parameter, ...]:
        """Every argument and option."""
        return (*self.parameters, *(each for _, section in self.sections for each in section))


def read_signature(function: Callable[..., None]) -> Signature:
    """What a command's function takes, and the options that every command has."""
    own: list[Parameter] = []
    objects: dict[str, Options] = {}
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if isinstance(parameter.default, Options):
            objects[parameter.name] = parameter.default
        else:
            own.append(_own(parameter))
    if objects:
        own.append(_added("config", None, ConfigFile))
    return Signature((*own, _added("quiet", False, Quiet)), objects)


def _own(parameter: inspect.Parameter) -> Parameter:
    bare = parameter.default is inspect.Parameter.empty
    option = _option(parameter.name, None if bare else parameter.default, parameter.annotation)
    if bare and option.kinds[0].collect is not None:
        option = replace(option, default=option.kinds[0].collect(()))
    positional = parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    return Parameter(parameter.name, option, positional, required=bare)


def _added(name: str, default: object, annotation: object) -> Parameter:
    return Parameter(name, _option(name, default, annotation))


def _option(name: str, default: object, annotation: object) -> Option:
    said = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    about = next((each for each in said if isinstance(each, About)), About(""))
    return Option(name, default, kinds_of(annotation), about)
