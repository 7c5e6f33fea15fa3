"""Reads text, id, lists and spans from JSON records of any shape, checks them, and names the place of a mistake."""

from typing import Any

from bert4ner.data.records import Span
from bert4ner.data.showing import shown_keys
from bert4ner.errors import DataError, shown


def text_of(record: dict[str, object], where: str, *, key: str = "text") -> str:
    """The text of a JSON record.

    Raises:
        DataError: there is no text.
    """
    text = record.get(key)
    if not isinstance(text, str):
        found = type(text).__name__ if key in record else f"the keys {shown_keys(record)}"
        raise DataError(f"{where}: expected a string under {key!r}, found {found}")
    return text


def id_of(record: dict[str, object], where: str, *, default: str) -> str:
    """The id of a JSON record as text; `default` if there is none."""
    found = record.get("id")
    if found is None or found == "":
        return default
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise DataError(f"{where}: expected a string or a number as id, found {shown(found)}")
    return str(found)


def list_of(record: dict[str, object], key: str, where: str) -> list[Any]:
    """The list under `key`, empty if the key is missing or null."""
    found = record.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise DataError(f"{where}: expected a list under {key!r}, found {type(found).__name__}")
    return found


def span_of(start: object, end: object, label: object, *, where: str, mention: object = None) -> Span:
    """A span from values of any type.

    Raises:
        DataError: an offset is not a whole number, or the label or mention is not text.
    """
    if type(start) is not int or type(end) is not int:
        raise DataError(
            f"{where}: expected whole numbers as start and end of a span, found {shown(start)} and {shown(end)}"
        )
    if not isinstance(label, str | int) or isinstance(label, bool):
        raise DataError(f"{where}: expected a label for [{shown(start)}, {shown(end)}), found {shown(label)}")
    if mention is not None and not isinstance(mention, str):
        raise DataError(
            f"{where}: expected the mention at [{shown(start)}, {shown(end)}) as a string, found {shown(mention)}"
        )
    return Span(start, end, str(label), mention)
