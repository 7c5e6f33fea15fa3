"""Descriptions of labels: a file with one description for each label. Knows no models.

The file is TOML (`label = "description"`) if its name ends in .toml, else plain text, `label<TAB>description` a line.
"""

from collections.abc import Sequence
from pathlib import Path

from bert4ner.data.files import existing, read_lines
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError, shown
from bert4ner.schema import Reader

_FILES = Reader(DataError, "{path}: no such file")


def read_descriptions(path: str | Path, labels: Sequence[str]) -> dict[str, str]:
    """The description of each label, in the order of `labels`.

    Raises:
        DataError: the file cannot be read, a label has no description or two, or the file describes a label that is not
            among `labels`; names the file and, for plain text, the line.
    """
    path = existing(path)
    found = _read_toml(path) if path.suffix == ".toml" else _read_plain(path)
    missing = [label for label in labels if label not in found]
    if missing:
        raise DataError(f"{path}: no description of {', '.join(missing)}; expected one for each of the labels")
    unknown = [label for label in found if label not in labels]
    if unknown:
        strange = ", ".join(map(shown, unknown[:6]))
        raise DataError(f"{path}: describes {strange}; the labels of the data are {', '.join(labels)}")
    return {label: found[label] for label in labels}


def _read_toml(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for label, description in _FILES.toml(path).items():
        if not isinstance(description, str) or not description.strip():
            raise DataError(f"{path}: expected text as the description of {shown(label)}, found {shown(description)}")
        found[label] = description.strip()
    return found


def _read_plain(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in read_lines(path, Repairs()):
        if not line.strip():
            continue
        label, _, description = line.partition("\t")
        if not label.strip() or not description.strip():
            raise DataError(f"{path}:{number}: expected a label, a tab and its description, found {shown(line)}")
        if label.strip() in found:
            raise DataError(
                f"{path}:{number}: a second description of {shown(label.strip())}; expected one for each label"
            )
        found[label.strip()] = description.strip()
    return found
