"""TOML: reads a file to a table, and writes a table as text."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bert4ner.errors import ConfigError, said
from bert4ner.schema import Reader

_FILES = Reader(ConfigError, "{path}: cannot be read (No such file or directory)", largest=1_000_000)


def read_toml(path: str | Path) -> dict[str, object]:
    """The content of a TOML file.

    Raises:
        ConfigError: the file cannot be read, or is not TOML.
    """
    return _FILES.toml(Path(path))


@contextmanager
def refusals_name(path: str | Path) -> Iterator[None]:
    """Make error messages begin with the file that they are about."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{path}: {said(error)}") from None


def to_toml(table: Mapping[str, object]) -> str:
    """The text of a table of words, numbers, lists and nested tables.

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
