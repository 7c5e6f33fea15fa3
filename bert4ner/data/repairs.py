"""Counts repairs during reading, by kind, each with the place of its first occurrence; also keeps the shape found."""

from collections import Counter
from collections.abc import Iterable, Mapping

from bert4ner.data.left_out import LeftOut
from bert4ner.data.visible import visible

MOST_LISTED = 20


class Repairs(Counter[str]):
    """The count of each kind of repair; `examples` has the place of the first one of each kind."""

    def __init__(self, counts: Mapping[str, int] | Iterable[str] = ()) -> None:
        super().__init__(counts)
        self.examples: dict[str, str] = {}
        self.places: dict[str, list[str]] = {}
        """The first places of kinds whose every case deserves a look."""
        self.offsets_alone = 0
        """Spans whose offsets no mention in the file confirms."""
        self.of_files: set[str] = set()
        """The kinds that concern whole files."""
        self.left_out: set[str] = set()
        """The kinds that say that annotation was left out: it is neither learned nor scored."""
        self.remarks: set[str] = set()
        """The kinds that say what was found or not read, where nothing was repaired."""
        self.shape = ""
        """The format's shape that the reader found, in a few words ("one row an entity"); "" if it has only one."""

    def note(self, kind: str, where: str, *, count: int = 1, left_out: bool = False) -> None:
        """Count `kind`, a plural phrase such as "Windows line ends", at `where`; `left_out` if annotation was lost."""
        if count:
            self.left_out.update({kind} if left_out else ())
            self[kind] += count
            self.examples.setdefault(kind, where)

    def note_file(self, kind: str, where: str) -> None:
        """Count a repair of a whole file, a sentence such as "byte order mark removed"."""
        self.of_files.add(kind)
        self.note(kind, where)

    def remark(self, kind: str, where: str, *, count: int | None = None) -> None:
        """Say something of a file, a sentence such as "column notes is not read", or of `count` things in it."""
        self.remarks.add(kind)
        if count is None:
            self.note_file(kind, where)
        else:
            self.note(kind, where, count=count)

    def note_each(self, kind: str, where: str, *, left_out: bool = False) -> None:
        """As `note`, but keeps each place, up to a number, to be listed."""
        self.note(kind, where, left_out=left_out)
        places = self.places.setdefault(kind, [])
        if len(places) < MOST_LISTED:
            places.append(where)

    def listed(self) -> list[str]:
        """One line for each place that deserves a look, without what follows a colon in its kind."""
        return [f"{kind.partition(':')[0]}: {place}" for kind, places in self.places.items() for place in places]

    def findings(self, num_kept: int) -> list[str]:
        """One line for each kind of annotation that was left out, beside some entities that were kept.

        Example:
            >>> repairs = Repairs()
            >>> repairs.note("spans without end left out", "a.json:3", count=2, left_out=True)
            >>> repairs.findings(5)
            ['2 spans without end left out (first: a.json:3), 5 entities kept; correct them in the file']
        """
        kinds = (each.kind for each in self.annotation_left_out())
        return [f"{self.describe_kind(kind)}, {num_kept} entities kept; correct them in the file" for kind in kinds]

    def annotation_left_out(self) -> tuple[LeftOut, ...]:
        """The kinds of annotation that were left out, the most frequent first."""
        kinds = sorted(self.left_out, key=lambda kind: (-self[kind], kind))
        places = {kind: self.places.get(kind, [self.examples[kind]]) for kind in kinds}
        return tuple(LeftOut(visible(kind), self[kind], tuple(map(visible, places[kind]))) for kind in kinds)

    def describe(self, *, called: bool = False) -> list[str]:
        """One line for each kind, most frequent first; with `called`, it begins with "repaired: " or "note: "."""
        kinds = sorted(self, key=lambda kind: (-self[kind], kind))
        names = ("note: " if kind in self.remarks else "repaired: " for kind in kinds)
        return [name * called + self.describe_kind(kind) for name, kind in zip(names, kinds, strict=True)]

    def describe_kind(self, kind: str) -> str:
        """Count, kind and first place of one kind; a single file is not counted."""
        if kind not in self.of_files:
            place = f" (first: {self.examples[kind]})" if kind in self.examples else ""
            return f"{self[kind]} {kind}{place}"
        files = "" if self[kind] == 1 else f"in {self[kind]} files, first: "
        return f"{kind} ({files}{self.examples[kind]})"
