"""One way to add to the library: registries of things by name, filled by the library itself and by other packages.

Heads, formats, families, commands, training modifiers and executors each stand in one registry below. A registry knows
its own things by where they are defined, so that listing them imports nothing. No TensorFlow here.

Another package adds a thing with one entry point, whose group says what it is and whose name is what users type:

    [project.entry-points."bert4ner.formats"]
    semicolons = "my_package.semicolons:FORMAT"

What stands there is a thing of the registry's kind, made or defined like those of the library: for `bert4ner.formats`
a `Format`, for `bert4ner.commands` a `Command`, for `bert4ner.heads` a class of head. Its module is imported when
somebody uses it, or, for formats and commands, when all are listed or asked: keep those modules light. In one's own
process `HEADS.register("mine", MyHead)` does the same for as long as that process lives. A package that cannot be
loaded stops nothing else: it is told in one line. `tests/plugin` is a whole such package, one of each.
"""

import importlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
        own: name -> the thing, or "module:attribute" where it is defined.
        base: "module:class" that a thing of another package must be an instance, or a subclass, of.

    Example:
        >>> codecs: Registry[type] = Registry("codec", "bert4ner.codecs", {"json": "json:JSONDecoder"})
        >>> codecs.get("json").__name__
        'JSONDecoder'
        >>> "yaml" in codecs
        False
    """

    def __init__(self, kind: str, group: str, own: Mapping[str, str | Thing], *, base: str = "") -> None:
        self.kind, self.group = kind, group
        self._own, self._base = dict(own), base
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
                place = self._own[name]
                self._loaded[name] = _attribute(place) if isinstance(place, str) else place
            elif name in self._added:
                self._loaded[name] = self._load(self._added[name])
            else:
                raise ConfigError(f"unknown {self.kind} {name!r}{nearest(name, self.names())}")
        return self._loaded[name]

    def items(self) -> Iterator[tuple[str, Thing]]:
        """All names with what they stand for; what another package fails to deliver is left out, with a warning."""
        for name in self.names():
            try:
                thing = self.get(name)
            except EnvironmentProblem as problem:
                logger.warning("%s", problem)
            else:
                yield name, thing

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
            self._check(thing)
        except Exception as error:
            raise EnvironmentProblem(
                f"{_source(entry)}: its {self.kind} {entry.name!r} cannot be loaded from {entry.value} "
                f"({type(error).__name__}: {error}); repair or uninstall that package"
            ) from error
        return thing

    def _check(self, thing: object) -> None:
        if self._base:
            base: type = _attribute(self._base)
            if not (issubclass(thing, base) if isinstance(thing, type) else isinstance(thing, base)):
                raise TypeError(f"expected a {base.__name__}, found {thing!r}")


def _attribute(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _source(entry: metadata.EntryPoint) -> str:
    """The package that announces an entry point."""
    return entry.dist.name if entry.dist is not None else entry.value


@dataclass(frozen=True)
class Command:
    """A command of `bert4ner`, as the overview shows it before anything of it is imported.

    Its function is called with the values of its parameters, which `cli.parsing` reads off their annotations; its
    docstring is the help, the last paragraph of it an example.
    """

    place: str
    """"module:function"."""
    help: str
    """What the overview says of it, in a few words."""
    resumable: bool = False
    """Whether the same command again goes on where it was stopped."""
    runner: bool = False
    """What follows the first argument of a runner is none of ours: it is passed on as it is."""

    def load(self) -> Callable[..., None]:
        """The function, imported now."""
        function: Callable[..., None] = _attribute(self.place)
        return function


FORMATS: Registry[Any] = Registry(
    "format",
    "bert4ner.formats",
    {
        "jsonl": "bert4ner.data.jsonl:FORMAT",
        "bio": "bert4ner.data.bio:FORMAT",
        "brat": "bert4ner.data.brat:FORMAT",
        "deepner": "bert4ner.data.deepner:FORMAT",
        "cluener": "bert4ner.data.cluener:FORMAT",
        "cmeee": "bert4ner.data.cmeee:FORMAT",
        "doccano": "bert4ner.data.doccano:FORMAT",
        "labelstudio": "bert4ner.data.labelstudio:FORMAT",
        "text": "bert4ner.data.plain:FORMAT",
    },
    base="bert4ner.data.format:Format",
)
"""Records `data.format.Format`: how annotated text is read, written and recognized."""

COMMANDS: Registry[Command] = Registry(
    "command",
    "bert4ner.commands",
    {
        "audit": Command("bert4ner.cli.audit:audit", "statistics of annotated data, and everything suspicious in it"),
        "train": Command("bert4ner.cli.train:train", "train one model", resumable=True),
        "crossval": Command(
            "bert4ner.cli.crossval:crossval", "train K models, each scored on documents it did not see", resumable=True
        ),
        "evaluate": Command("bert4ner.cli.evaluate:evaluate", "precision, recall and F1 of a run or of predictions"),
        "predict": Command("bert4ner.cli.predict:predict", "find the entities in new documents"),
        "combine": Command("bert4ner.cli.combine:combine", "make one run of several: probabilities, votes, thresholds"),
        "compare": Command("bert4ner.cli.compare:compare", "options, scores and significance of several runs"),
        "convert": Command("bert4ner.cli.convert:convert", "from one data format to another"),
        "convert-checkpoint": Command(
            "bert4ner.cli.convert_checkpoint:convert_checkpoint", "pretrained weights from one layout to another"
        ),
        "report": Command("bert4ner.cli.report:report", "one HTML page with a run's scores, curves and errors"),
        "legacy": Command("bert4ner.cli.legacy:legacy", "run a script of TensorFlow 1 and Keras 2 times", runner=True),
        "info": Command("bert4ner.cli.info:info", "versions, devices, precision, what is missing"),
    },
    base="bert4ner.registry:Command",
)
"""What `bert4ner` can be followed by."""

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
