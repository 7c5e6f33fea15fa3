"""Tagging schemes as tables, and the tags that they make from labels.

Encoding spans, reading tags back, and the constraints of decoders all follow one table; no other module interprets
prefixes. Nothing here knows characters: spans are token positions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4ner.errors import ConfigError, DataError

Span = tuple[int, int, str]
"""Token positions [start, end) and the label."""


@dataclass(frozen=True)
class Scheme:
    """What each prefix of a tag may do; all other facts about a scheme are derived from this."""

    name: str
    prefixes: str
    """The order in which a label's tags are numbered."""
    opens: str
    """Prefixes that may begin an entity."""
    continues: dict[str, str]
    """Prefixes that may follow inside an entity with the same label."""
    closes: str
    """Prefixes that may end an entity."""

    @property
    def single(self) -> str:
        """Prefix of an entity of one token."""
        return next(prefix for prefix in self.closes if prefix in self.opens)

    @property
    def first(self) -> str:
        """Prefix of the first of several tokens."""
        return next(prefix for prefix in self.opens if prefix in self.continues)

    @property
    def last(self) -> str:
        """Prefix of the last of several tokens."""
        return next(prefix for prefix in self.continues[self.first] if prefix in self.closes)

    @property
    def middle(self) -> str:
        """Prefix of the tokens between the first and the last."""
        return next(prefix for prefix in self.continues[self.first] if prefix in self.continues)


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme(name="bio", prefixes="BI", opens="B", continues={"B": "I", "I": "I"}, closes="BI"),
        Scheme(name="bios", prefixes="BIS", opens="BS", continues={"B": "I", "I": "I"}, closes="IS"),
        Scheme(name="bioes", prefixes="BIES", opens="BS", continues={"B": "IE", "I": "IE"}, closes="ES"),
    )
}


class TagSet:
    """The numbered tags of some labels under a scheme: "O" is 0, then label by label in the given order.

    Attributes:
        scheme: the `Scheme`.
        labels: the labels, in the given order.
        tags: the names of the tags, e.g. ("O", "B-DRUG", "I-DRUG", "S-DRUG").
        ids: tag name -> number.
        start_allowed, end_allowed: bool (tags,), whether a legal sequence may begin / end with the tag.
        transition_allowed: bool (tags_from, tags_to), whether the second may follow the first.
        continues: bool (tags_from, tags_to), whether the second continues the entity of the first.
        label_numbers: int32 (tags,), the position in `labels` of a tag's label, -1 for "O".

    Raises:
        ConfigError: unknown scheme.
        DataError: a label is empty or occurs twice.
    """

    def __init__(self, scheme_name: str, labels: Sequence[str]) -> None:
        if scheme_name not in SCHEMES:
            raise ConfigError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme_name!r}")
        self.scheme = SCHEMES[scheme_name]
        self.labels = tuple(labels)
        if len(set(self.labels)) != len(self.labels) or "" in self.labels:
            raise DataError(f"labels must be distinct and not empty, got {list(self.labels)}")
        prefixes = self.scheme.prefixes
        self.tags = ("O", *(f"{prefix}-{label}" for label in self.labels for prefix in prefixes))
        self.ids = {tag: number for number, tag in enumerate(self.tags)}
        self._build_tables()

    def _build_tables(self) -> None:
        scheme, num_labels = self.scheme, len(self.labels)
        self.label_numbers = np.repeat(
            np.arange(-1, num_labels, dtype=np.int32), [1] + [len(scheme.prefixes)] * num_labels
        )  # (tags,)
        prefixes = scheme.prefixes * num_labels
        self.start_allowed = np.array([True] + [prefix in scheme.opens for prefix in prefixes])  # (tags,)
        self.end_allowed = np.array([True] + [prefix in scheme.closes for prefix in prefixes])  # (tags,)
        follows = np.array(
            [[after in scheme.continues.get(before, "") for after in scheme.prefixes] for before in scheme.prefixes]
        )  # (prefixes, prefixes)
        self.continues = np.zeros((len(self.tags), len(self.tags)), dtype=bool)  # (tags_from, tags_to)
        self.continues[1:, 1:] = np.kron(np.eye(num_labels, dtype=bool), follows)
        self.transition_allowed = self.continues | (self.end_allowed[:, None] & self.start_allowed[None, :])
        for table in (
            self.label_numbers,
            self.start_allowed,
            self.end_allowed,
            self.continues,
            self.transition_allowed,
        ):
            table.setflags(write=False)

    def __len__(self) -> int:
        return len(self.tags)

    def __repr__(self) -> str:
        return f"TagSet({self.scheme.name!r}, {list(self.labels)!r})"

    def encode(self, spans: Iterable[Span], length: int) -> tuple[NDArray[np.int32], list[Span]]:
        """The tags of a sequence, and the spans that it cannot hold.

        The longest of overlapping spans is kept, in a tie the first; duplicates count once.

        Returns:
            int32 (length,) tag numbers, and the spans lost to overlap, sorted.

        Raises:
            ValueError: a span outside the sequence.
            DataError: a label that is not among `labels`.
        """
        tag_ids, lost = np.zeros(length, dtype=np.int32), []  # (length,)
        scheme = self.scheme
        for start, end, label in sorted(set(spans), key=lambda span: (span[0] - span[1], span)):
            if not 0 <= start < end <= length:
                raise ValueError(f"span must lie in a sequence of {length} tokens, got [{start}, {end}) {label}")
            if label not in self.labels:
                raise DataError(f"label {label!r} is not among the {len(self.labels)} labels of this tag set")
            if tag_ids[start:end].any():
                lost.append((start, end, label))
            elif end - start == 1:
                tag_ids[start] = self.ids[f"{scheme.single}-{label}"]
            else:
                tag_ids[start] = self.ids[f"{scheme.first}-{label}"]
                tag_ids[start + 1 : end - 1] = self.ids[f"{scheme.middle}-{label}"]
                tag_ids[end - 1] = self.ids[f"{scheme.last}-{label}"]
        return tag_ids, sorted(lost)

    def decode(self, tag_ids: NDArray[np.integer]) -> list[Span]:
        """Read the entities of any tag sequence (length,), legal or not.

        Lenient like conlleval: a tag that continues no entity opens one; an entity lasts while tags continue it.
        """
        tag_ids = np.asarray(tag_ids)  # (length,)
        if not len(tag_ids):
            return []
        inside = tag_ids > 0  # (length,)
        goes_on = self.continues[tag_ids[:-1], tag_ids[1:]]  # (length - 1,)
        starts = np.flatnonzero(inside & ~np.append(False, goes_on))  # (spans,)
        ends = np.flatnonzero(inside & ~np.append(goes_on, False)) + 1  # (spans,)
        numbers = self.label_numbers[tag_ids[starts]]  # (spans,)
        return [
            (start, end, self.labels[number])
            for start, end, number in zip(starts.tolist(), ends.tolist(), numbers.tolist(), strict=True)
        ]
