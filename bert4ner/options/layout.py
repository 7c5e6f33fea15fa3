"""The options of a class, by group, as its fields define them."""

import dataclasses
from collections.abc import Callable
from functools import cache
from inspect import cleandoc
from typing import Any, NamedTuple, get_type_hints

from bert4ner.options.fields import Option
from bert4ner.options.kinds import kinds_of


class Group(NamedTuple):
    """A group of options: those of one field of an options object, or the object's own."""

    name: str
    """The name of the field; empty for the object's own options."""
    help: str
    options: tuple[Option, ...]


class Layout(NamedTuple):
    """All options of a class."""

    groups: tuple[Group, ...]
    by_name: dict[str, Option]


def _read_layout(cls: type[Any]) -> Layout:
    kinds = get_type_hints(cls)
    fields = dataclasses.fields(cls)
    own = tuple(_option(each, kinds[each.name], "") for each in fields if "about" in each.metadata)
    parts = [_group(each.name, kinds[each.name]) for each in fields if "about" not in each.metadata]
    groups = (Group("", _told(cls), own), *parts) if own else tuple(parts)
    return Layout(groups, {each.name: each for group in groups for each in group.options})


layout_of: Callable[[Any], Layout] = cache(_read_layout)
"""The options of a class, its own first, then those of its groups; read from its fields once."""


def _group(name: str, cls: type[Any]) -> Group:
    kinds = get_type_hints(cls)
    options = tuple(_option(each, kinds[each.name], name) for each in dataclasses.fields(cls))
    return Group(name, _told(cls), options)


def _told(cls: type[Any]) -> str:
    """The first paragraph of its docstring."""
    return " ".join(cleandoc(cls.__doc__ or "").partition("\n\n")[0].split())


def _option(field: "dataclasses.Field[Any]", annotation: object, group: str) -> Option:
    factory = field.default_factory
    default = field.default if factory is dataclasses.MISSING else factory()
    return Option(field.name, default, kinds_of(annotation), field.metadata["about"], group)
