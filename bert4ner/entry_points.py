"""Registries: things of one kind by name, the library's own and those that other packages declare as entry points.

Listing names imports nothing. `registry` defines the kinds and explains how a package adds to them.
"""

import importlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import metadata
from typing import Any, Generic, TypeVar

from bert4ner.errors import ConfigError, EnvironmentProblem, in_one_line, nearest, shown

logger = logging.getLogger(__name__)

Thing = TypeVar("Thing")


class Registry(Generic[Thing]):
    """Things of one kind by name: first the library's own in their order, then those of other packages, sorted.

    Args:
        kind: the word for one of them in messages, such as "head".
        group: the group of entry points with which other packages add to it, such as "bert4ner.heads".
        own: name -> the thing, or "module:attribute" where it is defined.
        instance_of: "module:class" that the things are instances of; checked for those of other packages.
        subclass_of: the same for things that are classes.

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
        """All names, without importing anything."""
        return (*self.own(), *self.added())

    def own(self) -> tuple[str, ...]:
        """The names of the library's own things, in their order."""
        return tuple(self._own)

    def added(self) -> tuple[str, ...]:
        """The names that other packages added, without importing anything."""
        return tuple(sorted({name for name in (*self._added, *self._loaded) if name not in self._own}))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._loaded or name in self._added

    def get(self, name: str) -> Thing:
        """The thing with this name, imported when it is first requested.

        Raises:
            ConfigError: the name is unknown; the message suggests a similar one.
            EnvironmentProblem: another package declares it but cannot deliver it, or needs a package that is missing.
        """
        if not isinstance(name, str):
            raise ConfigError(f"the name of a {self.kind} must be text, got {shown(name)}")
        if name not in self._loaded:
            if name in self._own:
                place = self._own[name]
                self._loaded[name] = attribute_at(place) if isinstance(place, str) else place
            elif name in self._added:
                self._loaded[name] = self._load(self._added[name])
            else:
                raise ConfigError(f"unknown {self.kind} {shown(name)}{nearest(name, self.names())}")
        return self._loaded[name]

    def items(self, names: Iterable[str] | None = None) -> Iterator[tuple[str, Thing]]:
        """Each name, by default all, with its thing.

        Things of other packages that cannot be loaded are skipped, with one warning per process.
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
        """Add a thing in this process, as another package's entry point does in every process.

        Raises:
            ConfigError: the name is taken or is not one word, or the thing is of another kind.
        """
        if not isinstance(name, str) or name.split() != [name]:
            raise ConfigError(f"the name of a {self.kind} must be a word without white space, got {shown(name)}")
        if name in self:
            raise ConfigError(f"the {self.kind} {name!r} is there already; choose another name")
        try:
            self._check(name, thing)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"the {self.kind} {name!r} cannot be registered: {error}") from None
        self._loaded[name] = thing

    @cached_property
    def _added(self) -> dict[str, metadata.EntryPoint]:
        """The entry points of other packages; one whose name the library or an earlier package uses is skipped."""
        found: dict[str, metadata.EntryPoint] = {}
        for each in sorted(metadata.entry_points(group=self.group), key=lambda each: (each.name, each.value)):
            if each.name in self._own or found.setdefault(each.name, each).value != each.value:
                logger.warning("%s: the %s %r is there already; it is left out", _source(each), self.kind, each.name)
        return found

    def _load(self, entry: metadata.EntryPoint) -> Thing:
        try:
            thing: Thing = entry.load()
            self._check(entry.name, thing)
        except EnvironmentProblem:  # TensorFlow is missing, for example: not the fault of that package
            raise
        except (Exception, SystemExit) as error:
            raise EnvironmentProblem(
                f"{_source(entry)}: its {self.kind} {entry.name!r} cannot be loaded from {entry.value} "
                f"({in_one_line(error)}); repair or uninstall that package"
            ) from error
        return thing

    def _check(self, name: str, thing: object) -> None:
        """Refuse a thing of the wrong kind, or one whose own name differs from the name it is declared under."""
        if self._instance_of and not isinstance(thing, attribute_at(self._instance_of)):
            raise TypeError(f"expected an instance of {self._instance_of}, found {thing!r}")
        if self._subclass_of and not (isinstance(thing, type) and issubclass(thing, attribute_at(self._subclass_of))):
            raise TypeError(f"expected a subclass of {self._subclass_of}, found {thing!r}")
        called = getattr(thing, "name", name)
        if isinstance(called, str) and called != name:
            raise ValueError(f"it calls itself {called!r}")


def attribute_at(place: str) -> Any:  # noqa: ANN401  # whatever stands there
    """The object at "module:attribute"; imports the module."""
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _source(entry: metadata.EntryPoint) -> str:
    """The package that declares an entry point."""
    return entry.dist.name if entry.dist is not None else entry.value
