"""Objects of options: frozen, validated when created, changed by option name, stored in tables and TOML."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_type_hints

from bert4ner.errors import ConfigError, nearest, received, shown
from bert4ner.options.fields import Option
from bert4ner.options.layout import Group, layout_of
from bert4ner.options.toml import read_toml, refusals_name, to_toml
from bert4ner.options.versions import FORMAT_KEY, Migration, migrate

Some = TypeVar("Some", bound="Options")

_kinds: Callable[[Any], dict[str, Any]] = cache(get_type_hints)


@dataclass(frozen=True)
class Options:
    """The behaviour of every object of options; a subclass is a frozen dataclass of `option` fields and of groups.

    A group is a field whose class is a dataclass of `option` fields. Option names are unique across groups, so an
    option can be named without its group: in `replace` and, in a subclass that is a dataclass with ``init=False``, in
    the constructor, which also takes whole groups. Options of groups are attributes of the object, too.

    Raises:
        ConfigError: a value has the wrong type, is out of range or is not among the choices, options contradict each
            other, or an option is unknown.
    """

    relations: ClassVar[tuple[Callable[[Any], str | None], ...]] = ()
    """Conditions between options: each returns a sentence about a violation, or None."""
    migrations: ClassVar[tuple[Migration, ...]] = ()
    """The migrations between versions of saved options."""
    other_names: ClassVar[Mapping[str, str]] = {}
    """Flags of options in other tools: -> ours; a message about such a name suggests ours."""

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
            if mistake := relation(self):
                raise ConfigError(mistake)

    @classmethod
    def groups(cls) -> tuple[Group, ...]:
        """All options, in the order of the fields; those of the object itself come first."""
        return layout_of(cls).groups

    @classmethod
    def option(cls, name: str) -> Option:
        """One option by name.

        Raises:
            ConfigError: the name is unknown; the message suggests a similar one.
        """
        known = layout_of(cls).by_name
        if name not in known:
            raise ConfigError(f"unknown option {shown(name)}{cls._meant(name, list(known))}")
        return known[name]

    @classmethod
    def _meant(cls, name: str, known: Sequence[str]) -> str:
        """The end of a message about an unknown name: the option with such a flag, or as `nearest`."""
        flag = f"--{name.replace('_', '-')}"
        by_flag = {layout_of(cls).by_name[each].flag: each for each in known}
        meant = by_flag.get(cls.other_names.get(flag, flag))
        return f"; did you mean {meant!r}?" if meant else nearest(name, known)

    @classmethod
    def knows(cls, name: str) -> bool:
        """Whether this is an option or a group of them."""
        return name in layout_of(cls).by_name or any(name == group.name for group in cls.groups())

    def options(self) -> dict[str, Any]:
        """Every option by name, without groups."""
        return {
            each.name: getattr(getattr(self, group.name) if group.name else self, each.name)
            for group in self.groups()
            for each in group.options
        }

    def replace(self: Some, **options: object) -> Some:
        """A copy with some options changed; name each without its group.

        Raises:
            ConfigError: as for the class, or an option is unknown.
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
        """Validated options by group name; the object's own under an empty name."""
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
        """Read a TOML file written by a user; options may be in their group's table or at the top.

        Absent options keep their defaults. A file written by the library states its version, and keeps the meaning that
        it had in that version.

        Raises:
            ConfigError: the file cannot be read, or as for `from_table`; the message begins with the path.
        """
        table = read_toml(path)
        with refusals_name(path):
            return cls().with_table(table)

    @classmethod
    def load_saved(cls: type[Some], path: str | Path) -> Some:
        """Read a TOML file written by the library; a file without a version is older than versions.

        Raises:
            ConfigError: as `load`.
        """
        table = read_toml(path)
        with refusals_name(path):
            return cls.restore(table)

    @classmethod
    def restore(cls: type[Some], table: Mapping[str, object]) -> Some:
        """The object for a table saved with `to_table` in any version; a table without a version has the first one.

        Raises:
            ConfigError: as for `with_table`, or it is not a table.
        """
        if not isinstance(table, Mapping):
            raise ConfigError(f"options must be in a table, got {shown(table)}")
        return cls().with_table({FORMAT_KEY: 1, **table})

    def with_table(self: Some, table: Mapping[str, object]) -> Some:
        """A copy with the options of a table, as `to_table` or a TOML file gives them.

        Raises:
            ConfigError: a name is unknown or occurs twice, a value is invalid, or the version is unknown.
        """
        kept = dict(table)
        version = kept.pop(FORMAT_KEY, self.version())
        options = migrate(self._dissolved(kept), version, self.migrations)
        return self.replace(**{name: _from_text(self.option(name), value) for name, value in options.items()})

    def to_table(self) -> dict[str, object]:
        """The table that `with_table` reads back to an equal object: version, options and groups, fit for JSON.

        Options with the value None are left out.
        """
        table: dict[str, object] = {FORMAT_KEY: self.version()}
        values = self.options()
        for group in self.groups():
            texts = {each.name: _to_text(each, values[each.name]) for each in group.options}
            texts = {name: value for name, value in texts.items() if value is not None}
            table.update({group.name: texts} if group.name else texts)
        return table

    def to_toml(self) -> str:
        """The text that `load` reads back to an equal object."""
        return to_toml(self.to_table())

    @classmethod
    def version(cls) -> int:
        """The current version of the options."""
        return len(cls.migrations) + 1

    def _dissolved(self, table: Mapping[str, object]) -> dict[str, object]:
        """The options of a table by name, without groups."""
        groups = {group.name: [each.name for each in group.options] for group in self.groups() if group.name}
        before = {(group, each) for way in self.migrations for group in way.moved for each in way.moved[group]}
        found: dict[str, object] = {}
        for name, value in table.items():
            if name in groups:
                if not isinstance(value, Mapping):
                    raise ConfigError(f"{name} must be a table, got {shown(value)}")
                for each in value:
                    if each not in groups[name] and (name, each) not in before:
                        meant = self._meant(each, groups[name])
                        raise ConfigError(f"unknown option {shown(each)} in [{name}]{meant}")
                    if each in table:
                        raise ConfigError(f"{each} is at the top and again in [{name}]; leave one of them out")
                    if each in found:
                        raise ConfigError(f"{each} is in two tables, one of them [{name}]; leave one of them out")
                found.update(value)
            elif isinstance(value, Mapping) and name not in layout_of(type(self)).by_name:
                raise ConfigError(f"unknown table [{shown(name)[1:-1]}]{nearest(name, groups)}")
            else:
                found[name] = value
        return found


def _from_text(option: Option, value: object) -> object:
    return value if option.about.text is None else option.about.text.read(str(value))


def _to_text(option: Option, value: object) -> object:
    return value if option.about.text is None else option.about.text.write(value)
