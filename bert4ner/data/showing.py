"""The keys of a record, shortened to one line for messages."""

from bert4ner.errors import shown


def shown_keys(record: dict[str, object]) -> str:
    """The keys of a record, sorted, at most a dozen of them.

    Example:
        >>> shown_keys({"b": 1, "a": 2})
        'a, b'
    """
    keys = sorted(map(str, record))
    names = [shown(key)[1:-1] for key in keys[:12]]
    return ", ".join(names) + (f" and {len(keys) - 12} more" if len(keys) > 12 else "") or "(none)"
