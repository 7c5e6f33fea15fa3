"""TOML: a file to a table, and a table to text."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bert4ner.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(path: str | Path) -> dict[str, object]:
    """The content of a TOML file.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        table: dict[str, object] = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        return table
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: TOML nested too deeply to read") from None


@contextmanager
def refusals_name(path: str | Path) -> Iterator[None]:
    """Has refusals begin with the file that they are about."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def to_toml(table: Mapping[str, object]) -> str:
    """The text of a table of words, numbers, lists, and tables of these to any depth.

    Example:
        >>> print(to_toml({"format": 2, "rules": {"longest": {"*": 30}}}))
        format = 2
        <BLANKLINE>
        [rules.longest]
        "*" = 30
        <BLANKLINE>
    """
    return "\n".join(_lines(table, ""))


def _lines(table: Mapping[str, object], name: str) -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"[{name}]"] if name and plain else []
    lines += [f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    lines += [""] if lines else []
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += _lines(value, f"{name}.{_key(key)}" if name else _key(key))
    return lines


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)
