"""One way to add to the library: registries of things by name, filled by the library itself and by other packages.

A registry knows its own things by where they are defined, so that listing them imports nothing; another package adds
things by entry points of the registry's group, or by `register` in a process of its own. No TensorFlow here.
"""

import importlib
import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import metadata
from typing import Any, Generic, TypeVar

from bert4ner.errors import ConfigError, EnvironmentProblem, nearest

logger = logging.getLogger(__name__)

Thing = TypeVar("Thing")


class Registry(Generic[Thing]):
    """Things of one kind by their names: the library's own in their order, then those of other packages, sorted.

    Args:
        kind: what one of them is called in messages, "head" for example.
        group: entry points of other packages that add to it, "bert4ner.heads" for example.
        own: name -> "module:attribute" of the library's own.

    Example:
        >>> codecs: Registry[type] = Registry("codec", "bert4ner.codecs", {"json": "json:JSONDecoder"})
        >>> codecs.get("json").__name__
        'JSONDecoder'
        >>> "yaml" in codecs
        False
    """

    def __init__(self, kind: str, group: str, own: Mapping[str, str]) -> None:
        self.kind, self.group = kind, group
        self._own = dict(own)
        self._loaded: dict[str, Thing] = {}

    def names(self) -> tuple[str, ...]:
        """All names, without importing what they stand for."""
        added = {name for name in (*self._added, *self._loaded) if name not in self._own}
        return (*self._own, *sorted(added))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._loaded or name in self._added

    def get(self, name: str) -> Thing:
        """What stands under a name, imported when it is first asked for.

        Raises:
            ConfigError: nothing does; the message names what is near.
            EnvironmentProblem: another package announces it and fails to deliver.
        """
        if name not in self._loaded:
            if name in self._own:
                self._loaded[name] = _attribute(self._own[name])
            elif name in self._added:
                self._loaded[name] = self._load(self._added[name])
            else:
                raise ConfigError(f"unknown {self.kind} {name!r}{nearest(name, self.names())}")
        return self._loaded[name]

    def register(self, name: str, thing: Thing) -> None:
        """Add a thing in this process, as the entry point of another package would in every process.

        Raises:
            ConfigError: the name is taken.
        """
        if name in self:
            raise ConfigError(f"the {self.kind} {name!r} is there already; choose another name")
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
        except Exception as error:
            raise EnvironmentProblem(
                f"{_source(entry)}: its {self.kind} {entry.name!r} cannot be loaded from {entry.value} "
                f"({type(error).__name__}: {error}); repair or uninstall that package"
            ) from error
        return thing


def _attribute(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _source(entry: metadata.EntryPoint) -> str:
    """The package that announces an entry point."""
    return entry.dist.name if entry.dist is not None else entry.value


HEADS: Registry[Any] = Registry(
    "head",
    "bert4ner.heads",
    {
        "crf": "bert4ner.models.heads.crf:CRFHead",
        "softmax": "bert4ner.models.heads.softmax:SoftmaxHead",
        "global_pointer": "bert4ner.models.heads.global_pointer:GlobalPointerHead",
        "efficient_global_pointer": "bert4ner.models.heads.efficient_global_pointer:EfficientGlobalPointerHead",
        "biaffine": "bert4ner.models.heads.biaffine:BiaffineHead",
        "span": "bert4ner.models.heads.span:SpanHead",
        "w2ner": "bert4ner.models.heads.w2ner:W2NERHead",
        "mrc": "bert4ner.models.heads.mrc:MRCHead",
    },
)
"""Classes of `models.heads`: what turns token vectors into entities."""

MODIFIERS: Registry[Any] = Registry(
    "modifier", "bert4ner.modifiers", {"ema": "bert4ner.train.modifiers.moving_average:MovingAverage"}
)
"""Classes of `train.modifiers`: what is done around the gradient in a step of training."""

EXECUTORS: Registry[Any] = Registry(
    "executor",
    "bert4ner.executors",
    {
        "local": "bert4ner.train.executors.local:LocalExecutor",
        "in_process": "bert4ner.train.executors.in_process:InProcessExecutor",
    },
)
"""Classes of `train.executors`: what runs the trainings of a run, and where."""
