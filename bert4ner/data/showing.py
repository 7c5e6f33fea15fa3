"""Values of any size as a short piece of one line, for messages about what was found."""

import reprlib

LONGEST = 120

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlist = _SHORT.maxdict = 6
_SHORT.maxlevel = 4


def shown(value: object) -> str:
    """The value as Python writes it, shortened.

    Example:
        >>> shown(["王小明", "PER"])
        "['王小明', 'PER']"
    """
    told = _SHORT.repr(value)
    return told if len(told) <= LONGEST else told[:LONGEST] + "…"


def shown_keys(record: dict[str, object]) -> str:
    """The keys of a record, sorted, the first dozen of them.

    Example:
        >>> shown_keys({"b": 1, "a": 2})
        'a, b'
    """
    keys = sorted(map(str, record))
    told = [repr(key)[1:-1] if len(key) <= 40 else repr(key[:40])[1:-1] + "…" for key in keys[:12]]
    return ", ".join(told) + (f" and {len(keys) - 12} more" if len(keys) > 12 else "") or "(none)"
