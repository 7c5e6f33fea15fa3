"""Things of one kind by their names: the library's own, and those that other packages announce by entry points.

Lists without importing what is listed. What kinds there are, and how a package adds to them, stands in `registry`.
"""

import importlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import metadata
from typing import Any, Generic, TypeVar

from bert4ner.errors import ConfigError, EnvironmentProblem, in_one_line, nearest

logger = logging.getLogger(__name__)

Thing = TypeVar("Thing")


class Registry(Generic[Thing]):
    """Things of one kind by their names: the library's own in their order, then those of other packages, sorted.

    Args:
        kind: what one of them is called in messages, "head" for example.
        group: entry points of other packages that add to it, "bert4ner.heads" for example.
        own: name -> the thing, or "module:attribute" where it is defined.
        instance_of: "module:class" of things of this kind; checked where they come from elsewhere.
        subclass_of: the same for things that are classes themselves.

    Example:
        >>> codecs: Registry[type] = Registry("codec", "bert4ner.codecs", {"json": "json:JSONDecoder"})
        >>> codecs.get("json").__name__
        'JSONDecoder'
        >>> "yaml" in codecs
        False
    """

    def __init__(
        self,
        kind: str,
        group: str,
        own: Mapping[str, str | Thing],
        *,
        instance_of: str = "",
        subclass_of: str = "",
    ) -> None:
        self.kind, self.group = kind, group
        self._own = dict(own)
        self._instance_of, self._subclass_of = instance_of, subclass_of
        self._loaded: dict[str, Thing] = {}
        self._told: set[str] = set()

    def names(self) -> tuple[str, ...]:
        """All names, without importing what they stand for."""
        return (*self.own(), *self.added())

    def own(self) -> tuple[str, ...]:
        """The names of the library's own, in their order."""
        return tuple(self._own)

    def added(self) -> tuple[str, ...]:
        """The names that are not the library's own, without importing what they stand for."""
        return tuple(sorted({name for name in (*self._added, *self._loaded) if name not in self._own}))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._loaded or name in self._added

    def get(self, name: str) -> Thing:
        """What stands under a name, imported when it is first asked for.

        Raises:
            ConfigError: nothing does; the message names what is near.
            EnvironmentProblem: another package announces it and fails to deliver, or what it needs is not installed.
        """
        if not isinstance(name, str):
            raise ConfigError(f"the name of a {self.kind} must be text, got {name!r}")
        if name not in self._loaded:
            if name in self._own:
                place = self._own[name]
                self._loaded[name] = attribute_at(place) if isinstance(place, str) else place
            elif name in self._added:
                self._loaded[name] = self._load(self._added[name])
            else:
                raise ConfigError(f"unknown {self.kind} {name!r}{nearest(name, self.names())}")
        return self._loaded[name]

    def items(self, names: Iterable[str] | None = None) -> Iterator[tuple[str, Thing]]:
        """Names, by default all, with what they stand for.

        What another package fails to deliver is left out, with one warning in the life of the process.
        """
        for name in self.names() if names is None else names:
            try:
                thing = self.get(name)
            except EnvironmentProblem as problem:
                if name not in self._told:
                    logger.warning("%s", problem)
                self._told.add(name)
            else:
                yield name, thing

    def register(self, name: str, thing: Thing) -> None:
        """Add a thing in this process, as the entry point of another package would in every process.

        Raises:
            ConfigError: the name is taken or is no word, or the thing is of another kind.
        """
        if not isinstance(name, str) or name.split() != [name]:
            raise ConfigError(f"the name of a {self.kind} must be a word without white space, got {name!r}")
        if name in self:
            raise ConfigError(f"the {self.kind} {name!r} is there already; choose another name")
        try:
            self._check(name, thing)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"the {self.kind} {name!r} cannot be registered: {error}") from None
        self._loaded[name] = thing

    @cached_property
    def _added(self) -> dict[str, metadata.EntryPoint]:
        """What other packages announce; a name that the library has, or another package had first, is left out."""
        found: dict[str, metadata.EntryPoint] = {}
        for each in sorted(metadata.entry_points(group=self.group), key=lambda each: (each.name, each.value)):
            if each.name in self._own or found.setdefault(each.name, each).value != each.value:
                logger.warning("%s: the %s %r is there already; it is left out", _source(each), self.kind, each.name)
        return found

    def _load(self, entry: metadata.EntryPoint) -> Thing:
        try:
            thing: Thing = entry.load()
            self._check(entry.name, thing)
        except EnvironmentProblem:  # about TensorFlow, for example, and not about that package
            raise
        except (Exception, SystemExit) as error:
            raise EnvironmentProblem(
                f"{_source(entry)}: its {self.kind} {entry.name!r} cannot be loaded from {entry.value} "
                f"({in_one_line(error)}); repair or uninstall that package"
            ) from error
        return thing

    def _check(self, name: str, thing: object) -> None:
        """Refuse what is no such thing, or calls itself by another name than it is announced by."""
        if self._instance_of and not isinstance(thing, attribute_at(self._instance_of)):
            raise TypeError(f"expected an instance of {self._instance_of}, found {thing!r}")
        if self._subclass_of and not (isinstance(thing, type) and issubclass(thing, attribute_at(self._subclass_of))):
            raise TypeError(f"expected a subclass of {self._subclass_of}, found {thing!r}")
        called = getattr(thing, "name", name)
        if isinstance(called, str) and called != name:
            raise ValueError(f"it calls itself {called!r}")


def attribute_at(place: str) -> Any:  # noqa: ANN401  # whatever stands there
    """What stands at "module:attribute", the module imported for it."""
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _source(entry: metadata.EntryPoint) -> str:
    """The package that announces an entry point."""
    return entry.dist.name if entry.dist is not None else entry.value
