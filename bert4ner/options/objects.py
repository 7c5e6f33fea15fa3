"""Objects of options: frozen, checked when they are made, changed by the names of options, kept in tables and TOML."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_type_hints

from bert4ner.errors import ConfigError, nearest, received
from bert4ner.options.fields import Option
from bert4ner.options.layout import Group, layout_of
from bert4ner.options.toml import read_toml, refusals_name, to_toml
from bert4ner.options.versions import FORMAT_KEY, Migration, migrate

Some = TypeVar("Some", bound="Options")

_kinds: Callable[[Any], dict[str, Any]] = cache(get_type_hints)


@dataclass(frozen=True)
class Options:
    """What every object of options can do; a subclass is a frozen dataclass of `option` fields and of groups of them.

    A group is a field whose class is a dataclass of `option` fields itself. Names are unlike in all groups, so that an
    option may be named without its group: `replace` does so, and of a subclass that is a dataclass with ``init=False``
    the constructor as well, beside whole groups. Options of groups are attributes of the object, too.

    Raises:
        ConfigError: a value of the wrong kind, out of its range or no choice, against a relation, or an unknown option.
    """

    relations: ClassVar[tuple[Callable[[Any], str | None], ...]] = ()
    """What must hold between options: each gives a sentence about what does not, or None."""
    migrations: ClassVar[tuple[Migration, ...]] = ()
    """What leads from version to version of saved options."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # groups and options
        parts = {each.name: each for each in dataclasses.fields(self)}
        for name, part in parts.items():
            default = part.default if part.default_factory is dataclasses.MISSING else part.default_factory()
            object.__setattr__(self, name, options.get(name, default))
        changed = self._by_group({name: value for name, value in options.items() if name not in parts})
        for group, values in changed.items():
            object.__setattr__(self, group, dataclasses.replace(getattr(self, group), **values))
        self.__post_init__()

    def __post_init__(self) -> None:
        self._check_groups()
        options = self.options()
        for name, value in options.items():
            self.option(name).check(value)
        for relation in self.relations:
            if told := relation(self):
                raise ConfigError(told)

    @classmethod
    def groups(cls) -> tuple[Group, ...]:
        """All options, in the order of the fields; those of the object itself come first."""
        return layout_of(cls).groups

    @classmethod
    def option(cls, name: str) -> Option:
        """One option.

        Raises:
            ConfigError: there is none of that name; what was perhaps meant.
        """
        known = layout_of(cls).by_name
        if name not in known:
            raise ConfigError(f"unknown option {name!r}{nearest(name, known)}")
        return known[name]

    @classmethod
    def knows(cls, name: str) -> bool:
        """Whether this is an option or a group of them."""
        return name in layout_of(cls).by_name or any(name == group.name for group in cls.groups())

    def options(self) -> dict[str, Any]:
        """Every option by its name, groups dissolved."""
        return {
            each.name: getattr(getattr(self, group.name) if group.name else self, each.name)
            for group in self.groups()
            for each in group.options
        }

    def replace(self: Some, **options: object) -> Some:
        """The same with some options changed, each named without its group.

        Raises:
            ConfigError: as for the class, or an unknown option.
        """
        changed = self._by_group(options)
        own = changed.pop("", {})
        groups = {group: dataclasses.replace(getattr(self, group), **values) for group, values in changed.items()}
        return dataclasses.replace(self, **own, **groups)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # an option of a group
        described = layout_of(type(self)).by_name.get(name)
        if described is None or not described.group:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(getattr(self, described.group), name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *layout_of(type(self)).by_name})

    def _by_group(self, options: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """Checked options, by the names of their groups; the object's own under an empty one."""
        found: dict[str, dict[str, object]] = {}
        for name, value in options.items():
            described = self.option(name)
            described.check(value)
            found.setdefault(described.group, {})[name] = value
        return found

    def _check_groups(self) -> None:
        kinds = _kinds(type(self))
        for group in filter(None, (each.name for each in self.groups())):
            if not isinstance(getattr(self, group), kinds[group]):
                raise ConfigError(
                    f"{group} must be a {kinds[group].__name__}, got {received(getattr(self, group))}; options may be "
                    f"named without it, as in {type(self).__name__}({self._first_of(group)}=…)"
                )

    def _first_of(self, group: str) -> str:
        return next(each.options[0].name for each in self.groups() if each.name == group)

    @classmethod
    def load(cls: type[Some], path: str | Path) -> Some:
        """Read a TOML file that somebody wrote; options may stand in their group's table or at the top.

        Absent ones keep their default. A file that the library wrote says of which version it is, and means what it
        meant then.

        Raises:
            ConfigError: it cannot be read, or see `from_table`; the message begins with the path.
        """
        table = read_toml(path)
        with refusals_name(path):
            return cls().with_table(table)

    @classmethod
    def load_saved(cls: type[Some], path: str | Path) -> Some:
        """Read a TOML file that the library wrote: of before there were versions, if it says none.

        Raises:
            ConfigError: as `load`.
        """
        table = read_toml(path)
        with refusals_name(path):
            return cls.restore(table)

    @classmethod
    def restore(cls: type[Some], table: Mapping[str, object]) -> Some:
        """What the library saved with `to_table`, in whatever version: the first, if the table says none.

        Raises:
            ConfigError: as `with_table`, or it is no table at all.
        """
        if not isinstance(table, Mapping):
            raise ConfigError(f"options must be in a table, got {table!r}")
        return cls().with_table({FORMAT_KEY: 1, **table})

    def with_table(self: Some, table: Mapping[str, object]) -> Some:
        """The same with the options that a table has, as `to_table` or a TOML file gives them.

        Raises:
            ConfigError: an unknown name, one that is there twice, a value that is none, or a version that is not known.
        """
        kept = dict(table)
        version = kept.pop(FORMAT_KEY, self.version())
        options = migrate(self._dissolved(kept), version, self.migrations)
        return self.replace(**{name: _from_text(self.option(name), value) for name, value in options.items()})

    def to_table(self) -> dict[str, object]:
        """What `with_table` reads back to an equal object: version, options and groups of them, fit for JSON.

        Options that are None are left out.
        """
        table: dict[str, object] = {FORMAT_KEY: self.version()}
        values = self.options()
        for group in self.groups():
            told = {each.name: _to_text(each, values[each.name]) for each in group.options}
            told = {name: value for name, value in told.items() if value is not None}
            table.update({group.name: told} if group.name else told)
        return table

    def to_toml(self) -> str:
        """The text that `load` reads back to an equal object."""
        return to_toml(self.to_table())

    @classmethod
    def version(cls) -> int:
        """That of options as they are now."""
        return len(cls.migrations) + 1

    def _dissolved(self, table: Mapping[str, object]) -> dict[str, object]:
        """The options of a table by their names alone."""
        groups = {group.name: [each.name for each in group.options] for group in self.groups() if group.name}
        before = {(group, each) for way in self.migrations for group in way.moved for each in way.moved[group]}
        found: dict[str, object] = {}
        for name, value in table.items():
            if name in groups:
                if not isinstance(value, Mapping):
                    raise ConfigError(f"{name} must be a table, got {value!r}")
                for each in value:
                    if each not in groups[name] and (name, each) not in before:
                        raise ConfigError(f"unknown option {each!r} in [{name}]{nearest(each, groups[name])}")
                    if each in table:
                        raise ConfigError(f"{each} stands at the top and again in [{name}]; leave one of them out")
                    if each in found:
                        raise ConfigError(f"{each} stands in two tables, one of them [{name}]; leave one of them out")
                found.update(value)
            elif isinstance(value, Mapping) and name not in layout_of(type(self)).by_name:
                raise ConfigError(f"unknown table [{name}]{nearest(name, groups)}")
            else:
                found[name] = value
        return found


def _from_text(option: Option, value: object) -> object:
    return value if option.about.text is None else option.about.text.read(str(value))


def _to_text(option: Option, value: object) -> object:
    return value if option.about.text is None else option.about.text.write(value)
