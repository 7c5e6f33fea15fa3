"""Entities with offsets in JSON: objects with keys of many names, or short lists, read by their form."""

from bert4ner.data.json_names import ENDS, LABELS, MENTIONS, STARTS
from bert4ner.data.json_values import span_of
from bert4ner.data.records import Span, agrees
from bert4ner.errors import DataError, shown

LISTS = {"iis": "sel", "sii": "lse", "iiss": "selm", "siis": "lsem", "ssiis": "-lsem"}
"""Roles in a list of whole numbers (i) and strings (s): start, end, label, mention, the entity's own number."""


def form_of(item: object) -> str:
    """The form of a list, as named in `LISTS`; "" for anything else.

    Example:
        >>> form_of([0, 3, "PER"])
        'iis'
    """
    if not isinstance(item, list) or not 3 <= len(item) <= 5:
        return ""
    return "".join("i" if type(each) is int else "s" if isinstance(each, str) else "?" for each in item)


def span_of_list(item: list[object], text: str, where: str) -> Span:
    """The span of a list with offsets; of two strings, the mention is the one that occurs there in the text.

    Raises:
        DataError: the list has none of the forms.
    """
    order = LISTS.get(form_of(item))
    if order is None:
        raise DataError(f'{where}: expected [start, end, "LABEL"], found {shown(item)}')
    found = dict(zip(order, item, strict=True))
    span = span_of(found["s"], found["e"], found["l"], where=where, mention=found.get("m"))
    if span.mention is not None and _stands(text, span, span.label) and not _stands(text, span, span.mention):
        span.label, span.mention = span.mention, span.label
    return span


def _stands(text: str, span: Span, mention: str) -> bool:
    return any(agrees(text[max(span.start, 0) : max(span.end + more, 0)], mention) for more in (0, 1))


def span_of_object(item: object, where: str) -> Span:
    """The span of an object with a start, an end and a label under any of the usual names; does not check the mention.

    Raises:
        DataError: one of the three is missing.
    """
    found = item if isinstance(item, dict) else {}
    start, end, label = (_first(found, names) for names in (STARTS, ENDS, LABELS))
    mention = None
    if not found.keys().isdisjoint(MENTIONS):
        mention = next((name for name in MENTIONS if isinstance(found.get(name), str)), None)
    if label is None and mention is not None and mention != "entity" and "entity" in found:
        label = "entity"  # the key of the label, if another key has the mention
    if start is None or end is None or label is None:
        raise DataError(f'{where}: expected an entity {{"start", "end", "label"}}, found {shown(item)}')
    value = found[label]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    stated = None if mention in (None, label) else found[mention]
    return span_of(found[start], found[end], value, where=where, mention=stated)


def _first(found: dict[str, object], names: tuple[str, ...]) -> str | None:
    for name in names:  # a loop, because this runs three times for each entity
        if name in found:
            return name
    return None


def is_span(item: object) -> bool:
    """Whether an item has a start, an end and a label, as an object or a list."""
    if isinstance(item, dict):
        named = all(_first(item, names) for names in (STARTS, ENDS))
        return named and (_first(item, LABELS) is not None or "entity" in item)
    return form_of(item) in LISTS


def span_of_item(item: object, text: str, where: str) -> Span:
    """The span of an object or a list.

    Raises:
        DataError: as `span_of_object` and `span_of_list`.
    """
    return span_of_list(item, text, where) if isinstance(item, list) else span_of_object(item, where)
