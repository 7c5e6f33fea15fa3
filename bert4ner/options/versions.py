"""Versions of options in files, and what leads from one to the next, so that an old file means what it meant.

Files that the library writes itself (config.toml of a run, config.json of a model) carry the version of the options in
them; what carries none was written before there were versions and is of version 1.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from bert4ner.errors import ConfigError

FORMAT_KEY = "format"
"""The name of the version beside the options."""


def unchanged(options: dict[str, object]) -> dict[str, object]:
    """The same options: an option that is new and whose default is what older files meant."""
    return options


class Migration(NamedTuple):
    """How the options of one version become those of the next."""

    reason: str
    """Why the options of the next version would mean something else without, or why they do not."""
    change: Callable[[dict[str, object]], dict[str, object]] = unchanged
    """Options by their names, those that the file has, to the same of the next version."""
    moved: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Of a group the options that stood in it before; files may still say them there."""


def migrate(options: Mapping[str, object], version: object, migrations: Sequence[Migration]) -> dict[str, object]:
    """Options of some version as they are said today.

    Args:
        options: those of the file, by their names, groups dissolved.
        version: that of the file.
        migrations: the first makes version 2 of version 1, and so on.

    Raises:
        ConfigError: there is no such version, or only a later bert4ner knows it.
    """
    latest = len(migrations) + 1
    if type(version) is not int or version < 1:
        raise ConfigError(
            f"{FORMAT_KEY} must be a whole number from 1 to {latest}, got {version!r}; in a file of options this is "
            "their version, the format of documents is said on the command line"
        )
    if version > latest:
        raise ConfigError(
            f"its options are of format {version}, this bert4ner knows those up to {latest}; upgrade bert4ner"
        )
    changed = dict(options)
    for migration in migrations[version - 1 :]:
        changed = migration.change(changed)
    return changed
