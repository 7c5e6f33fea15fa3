"""Numbers as labels and tags, and their names from a data set's features (`ClassLabel` of Hugging Face)."""

from typing import Any

from bert4ner.errors import DataError, shown


def names_of(feature: object) -> list[str]:
    """The names of the numbers in a column, however deep in its feature; empty if there are none.

    Example:
        >>> names_of({"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}, "_type": "Sequence"})
        ['O', 'B-PER']
    """
    while isinstance(feature, dict):
        names = feature.get("names")
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
        feature = feature.get("feature")
    if isinstance(feature, list) and len(feature) == 1:
        return names_of(feature[0])
    return []


def named(values: list[Any], names: list[str] | None, key: str, where: str) -> list[Any]:
    """The values with numbers replaced by names.

    Raises:
        DataError: there are numbers without names.
    """
    if not any(type(value) is int for value in values):
        return values
    if not names:
        raise DataError(
            f"{where}: expected names for the numbers under {key!r}, found none: put the dataset_info.json beside the "
            f"file that has them under features, {key}, names, or write the tags as strings"
        )
    for value in values:
        if type(value) is int and not 0 <= value < len(names):
            raise DataError(f"{where}: expected numbers from 0 to {len(names) - 1} under {key!r}, found {shown(value)}")
    return [names[value] if type(value) is int else value for value in values]
