"""Versions of options in files, and the migrations between them, so that an old file keeps its meaning.

Files that the library writes (config.toml of a run, config.json of a model) state the version of their options; a file
without one is older than versions and counts as version 1.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from bert4ner.errors import ConfigError

FORMAT_KEY = "format"
"""The key of the version beside the options."""


def unchanged(options: dict[str, object]) -> dict[str, object]:
    """The unchanged options, for a new option whose default is what older files meant."""
    return options


class Migration(NamedTuple):
    """Turns the options of one version into those of the next."""

    reason: str
    """Why the options of the next version would mean something else without it, or why they do not."""
    change: Callable[[dict[str, object]], dict[str, object]] = unchanged
    """Maps the options in the file, by name, to those of the next version."""
    moved: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Options that were in another group before, by that group; files may still use it."""


def migrate(options: Mapping[str, object], version: object, migrations: Sequence[Migration]) -> dict[str, object]:
    """The options of any version in today's terms.

    Args:
        options: those of the file, by name, without groups.
        version: the version of the file.
        migrations: the first one turns version 1 into version 2, and so on.

    Raises:
        ConfigError: the version does not exist, or only a later bert4ner knows it.
    """
    latest = len(migrations) + 1
    if type(version) is not int or version < 1:
        raise ConfigError(
            f"{FORMAT_KEY} must be a whole number from 1 to {latest}, got {version!r}; in a file of options it is "
            "their version; give the format of documents on the command line"
        )
    if version > latest:
        raise ConfigError(
            f"its options are of format {version}, this bert4ner knows formats up to {latest}; upgrade bert4ner"
        )
    changed = dict(options)
    for migration in migrations[version - 1 :]:
        changed = migration.change(changed)
    return changed
