"""What labels mean, in words: a file with one description for each label. Knows no models.

The file is TOML (`label = "description"`) if its name ends in .toml, else plain text, `label<TAB>description` a line.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bert4ner.data.files import existing, read_lines, read_text
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_descriptions(path: str | Path, labels: Sequence[str]) -> dict[str, str]:
    """The description of each label, in the order of `labels`.

    Raises:
        DataError: the file cannot be read, a label has no description or two, or one is described that is not among
            `labels`; with file and, in plain text, line.
    """
    path = existing(path)
    found = _read_toml(path) if path.suffix == ".toml" else _read_plain(path)
    missing = [label for label in labels if label not in found]
    if missing:
        raise DataError(f"{path}: no description of {', '.join(missing)}; expected one for each of the labels")
    unknown = [label for label in found if label not in labels]
    if unknown:
        raise DataError(f"{path}: describes {', '.join(unknown)}; the labels of the data are {', '.join(labels)}")
    return {label: found[label] for label in labels}


def _read_toml(path: Path) -> dict[str, str]:
    try:
        table: dict[str, object] = tomllib.loads(read_text(path, Repairs()))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path}: not valid TOML: {error}") from None
    found: dict[str, str] = {}
    for label, description in table.items():
        if not isinstance(description, str) or not description.strip():
            raise DataError(f"{path}: expected text as the description of {label}, found {description!r}")
        found[label] = description.strip()
    return found


def _read_plain(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in read_lines(path, Repairs()):
        if not line.strip():
            continue
        label, _, description = line.partition("\t")
        if not label.strip() or not description.strip():
            raise DataError(f"{path}:{number}: expected a label, a tab and its description, found {line!r}")
        if label.strip() in found:
            raise DataError(f"{path}:{number}: a second description of {label.strip()}; expected one for each label")
        found[label.strip()] = description.strip()
    return found
