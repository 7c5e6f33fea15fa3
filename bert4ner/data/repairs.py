"""What was mended while reading: counted by kind, each with the place where it was first met; and the shape found."""

from collections import Counter
from collections.abc import Iterable, Mapping

MOST_LISTED = 20


class Repairs(Counter[str]):
    """How often each kind of repair was needed, and in `examples` where each kind was first met."""

    def __init__(self, counts: Mapping[str, int] | Iterable[str] = ()) -> None:
        super().__init__(counts)
        self.examples: dict[str, str] = {}
        self.places: dict[str, list[str]] = {}
        """The first places of kinds of which each one is worth a look."""
        self.shape = ""
        """Which of a format's shapes the reader found, in a few words ("one row an entity"); "" where it has one."""

    def note(self, kind: str, where: str, *, count: int = 1) -> None:
        """Count `kind`, said as a plural phrase such as "Windows line ends", at `where`."""
        if count:
            self[kind] += count
            self.examples.setdefault(kind, where)

    def note_each(self, kind: str, where: str) -> None:
        """As `note`, one of a kind of which each place is kept, up to a number, to be listed."""
        self.note(kind, where)
        places = self.places.setdefault(kind, [])
        if len(places) < MOST_LISTED:
            places.append(where)

    def listed(self) -> list[str]:
        """One line for each place that is worth a look."""
        return [f"{kind}: {place}" for kind, places in self.places.items() for place in places]

    def describe(self) -> list[str]:
        """One line for each kind, most frequent first."""
        return [self.describe_kind(kind) for kind in sorted(self, key=lambda kind: (-self[kind], kind))]

    def describe_kind(self, kind: str) -> str:
        """Count, kind and first place of one kind."""
        return f"{self[kind]} {kind}" + (f" (first: {self.examples[kind]})" if kind in self.examples else "")
