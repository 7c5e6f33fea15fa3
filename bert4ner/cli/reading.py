"""Options of ``bert4ner audit`` and ``convert`` that say how annotation is meant which can be read in several ways."""

from dataclasses import dataclass
from typing import Literal

from bert4ner.cli.options import input_formats
from bert4ner.options import Options, option


@dataclass(frozen=True)
class ReadingOptions(Options):
    """How annotation is read."""

    offsets: Literal["auto", "characters", "utf16"] | None = option(
        None,
        "What offsets count: `utf16` where JavaScript or Java counted emoji as two, `characters` where not; "
        "`auto` warns where it matters.",
    )
    align: Literal["all", "first", "order"] | None = option(
        None,
        "For mentions without offsets, where they stand: `all` occurrences, as by default, the `first` one, or one "
        "after another in the `order` given.",
    )
    skip_broken: bool = option(
        False, "In a brat folder, leave out annotations that cannot be read or do not fit their text, and count them."
    )

    def given(self) -> dict[str, object]:
        """Those that were asked for, as `read_documents` takes them."""
        asked: dict[str, object] = {"offsets": self.offsets, "align": self.align}
        if self.skip_broken:
            asked["skip_broken"] = True
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True)
class DataOptions(ReadingOptions):
    """How the documents are read."""

    format: str = option("auto", "How to read the documents; `auto` looks at them.", choices=input_formats)
