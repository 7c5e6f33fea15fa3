"""How a document is kept in memory: its slots, and ids that are made only when someone asks for them.

Readers number the documents of a file that names none. As strings such ids take more memory than a short text.
"""

from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

Kept = TypeVar("Kept", bound="Slots")
_BLOCK = 256  # Python keeps the whole numbers below as objects of its own: they take no memory
_DEFAULTS = ("entities", "weight", "unsure")


class NumberedId(NamedTuple):
    """The id of a document that a reader numbers.

    Example:
        >>> str(NumberedId("train", 17))
        'train-17'
    """

    stem: str
    """The name of the file, without suffix."""
    number: int

    def __str__(self) -> str:
        return f"{self.stem}-{self.number}"


class Slots:
    """The attributes of a document in memory; `id` is a string, or a number in a block of ids with one stem."""

    __slots__ = ("_block", "_id", "entities", "text", "unsure", "weight")


_BLOCK_SLOT: Any = Slots.__dict__["_block"]  # None for a string; documents are frozen, their slots are not
_ID_SLOT: Any = Slots.__dict__["_id"]


def kept_in_slots(kind: type[Kept]) -> type[Kept]:
    """A dataclass derived from `Slots`, whose attributes are these slots and whose ids may be a `NumberedId`."""
    for name in _DEFAULTS:  # of a dataclass, they stand in its class, and would hide the slots
        delattr(kind, name)
    kind.id = property(_id_of, _set_id)  # type: ignore[attr-defined]
    return kind


def _id_of(kept: Slots) -> str:
    block, id = _BLOCK_SLOT.__get__(kept), _ID_SLOT.__get__(kept)
    return id if block is None else f"{block[0]}-{block[1] + id}"


def _set_id(kept: Slots, id: str | NumberedId) -> None:
    if type(id) is NumberedId:
        _BLOCK_SLOT.__set__(kept, _block(id.stem, id.number // _BLOCK))
        _ID_SLOT.__set__(kept, id.number % _BLOCK)
    else:
        _BLOCK_SLOT.__set__(kept, None)
        _ID_SLOT.__set__(kept, id)


@lru_cache(maxsize=64)  # files that are read at the same time
def _block(stem: str, number: int) -> tuple[str, int]:
    return stem, number * _BLOCK
