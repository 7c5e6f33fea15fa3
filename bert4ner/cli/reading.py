"""Options of every command that reads annotation: how to interpret it where several ways are possible."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bert4ner.options import Options, option

if TYPE_CHECKING:
    from bert4ner.entities import Document


@dataclass(frozen=True)
class ReadingOptions(Options):
    """How to read annotation."""

    offsets: Literal["auto", "characters", "utf16"] | None = option(
        None,
        "What offsets count: `utf16` if JavaScript or Java counted emoji as two, `characters` if not; "
        "`auto` warns if it makes a difference.",
    )
    align: Literal["all", "first", "order"] | None = option(
        None,
        "Occurrences that mentions without offsets stand for: `all` (the default), the `first` one, or one after "
        "another in the `order` given.",
    )
    skip_broken: bool = option(
        False, "In a brat folder, skip annotations that cannot be read or do not fit their text, and count them."
    )

    def given(self) -> dict[str, Any]:
        """The options that were given, as keyword arguments of `read_documents`."""
        asked: dict[str, object] = {"offsets": self.offsets, "align": self.align}
        if self.skip_broken:
            asked["skip_broken"] = True
        return {name: value for name, value in asked.items() if value is not None}

    def read(self, path: Path, format: str) -> "list[Document]":
        """Annotated documents, as `read_documents` reads them.

        Raises:
            DataError: see there.
        """
        from bert4ner.data.documents import read_documents  # deferred: help does not need it

        return read_documents(path, format, **self.given())
