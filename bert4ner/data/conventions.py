"""How a whole file counts its offsets, as its mentions show: whether ends are inclusive, and whether it begins at 1."""

from collections import Counter
from dataclasses import replace

from bert4ner.data.records import Record, agrees
from bert4ner.data.repairs import Repairs

LEAST = 3  # mentions that must show that a file counts from 1; of fewer, a shift by one may be a slip
NEARLY_ALL = 0.95


class EndConvention:
    """Decides for a whole file whether ends are inclusive, by its mentions; `default` if no mention decides.

    Also decides whether offsets count from 1: nearly all mentions fit if 1 is subtracted, and fewer if not.
    """

    def __init__(self, *, default_inclusive: bool) -> None:
        self.default_inclusive = default_inclusive
        self.votes: Counter[tuple[int, bool]] = Counter()
        """Mentions that fit, by the number that offsets count from and by whether ends are inclusive."""
        self.checked = 0
        """Mentions that can show what offsets count from."""

    def look(self, record: Record) -> None:
        """Let the spans of `record` vote."""
        for span in record.spans:
            if span.mention is None or not 0 <= span.start <= span.end:
                continue
            fits = False
            for inclusive in (False, True):
                found = agrees(record.text[span.start : span.end + inclusive], span.mention)
                self.votes[0, inclusive] += found
                fits |= found
            if not fits and max(record.text, default="") > "\uffff":
                continue  # offsets may count UTF-16 units
            self.checked += 1
            for inclusive in (False, True) if span.start else ():
                covered = record.text[span.start - 1 : span.end - 1 + inclusive]
                self.votes[1, inclusive] += covered == span.mention

    @property
    def from_one(self) -> bool:
        """True when the first character of a text is number 1."""
        zero, one = (max(self.votes[first, False], self.votes[first, True]) for first in (0, 1))
        return self.checked >= LEAST and one > zero and one >= NEARLY_ALL * self.checked

    @property
    def inclusive(self) -> bool:
        """True when the end is the position of the last character, not the one after it."""
        first = int(self.from_one)
        if self.votes[first, True] == self.votes[first, False]:
            return self.default_inclusive
        return self.votes[first, True] > self.votes[first, False]

    def count_from_zero(self, record: Record, repairs: Repairs) -> Record:
        """The record, with offsets from 0 if the file counts from 1, which is counted; so are spans without mention."""
        repairs.offsets_alone += sum(span.mention is None for span in record.spans)
        if not self.from_one or not record.spans:
            return record
        repairs.note("offsets count from 1: corrected", record.where, count=len(record.spans))
        place = "{} (1 subtracted from its offsets)"
        spans = [
            replace(
                span,
                start=span.start - 1,
                end=span.end - 1,
                fragments=tuple((start - 1, end - 1) for start, end in span.fragments),
                where=place.format(span.where or record.where),
            )
            for span in record.spans
        ]
        return replace(record, spans=spans)
