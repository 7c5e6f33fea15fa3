"""What `audit` shows of the mentions of each label: the commonest ones, and signs that ends were counted inclusively.

Where a file states no mentions, nothing proves its ends, and `司机` with an inclusive end is read as `司`.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bert4ner.entities import Document, Entity

COMMONEST = 5
LEAST = 5  # mentions of a label; of fewer, most may happen to be short


@dataclass(frozen=True)
class ShortEnds:
    """Labels most of whose mentions look cut at the end, with the number of these mentions."""

    one_character: dict[str, int] = field(default_factory=dict)
    """Mentions of one character."""
    one_short: dict[str, int] = field(default_factory=dict)
    """Mentions that stop one character before punctuation, white space or the end of the text."""


def commonest_mentions(documents: Iterable[Document]) -> dict[str, list[tuple[str, int]]]:
    """Label -> its commonest mentions with their numbers, the first in the order of characters among equal ones.

    Example:
        >>> commonest_mentions([Document("1", "司机和司机", (Entity(0, 2, "JOB"), Entity(3, 5, "JOB")))])
        {'JOB': [('司机', 2)]}
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for entity in document.entities:
            counts[entity.label][document.mention(entity)] += 1
    return {
        label: sorted(found.items(), key=lambda item: (-item[1], item[0]))[:COMMONEST]
        for label, found in sorted(counts.items())
    }


def find_short_ends(documents: Iterable[Document]) -> ShortEnds:
    """The labels whose mentions look cut.

    Example:
        >>> jobs = [Document(str(n), "招聘司机。", (Entity(2, 3, "JOB"),)) for n in range(5)]
        >>> find_short_ends(jobs)
        ShortEnds(one_character={'JOB': 5}, one_short={'JOB': 5})
    """
    total: Counter[str] = Counter()
    one_character: Counter[str] = Counter()
    one_short: Counter[str] = Counter()
    for document in documents:
        for entity in document.entities:
            total[entity.label] += 1
            one_character[entity.label] += entity.end - entity.start == 1
            one_short[entity.label] += stops_one_short(document.text, entity)
    return ShortEnds(_most(one_character, total), _most(one_short, total))


def stops_one_short(text: str, entity: Entity) -> bool:
    """Whether exactly one character, which is no divider, lies between an entity and a divider or the text's end."""
    after = text[entity.end : entity.end + 2]
    return bool(after) and not _divides(after[0]) and (len(after) == 1 or _divides(after[1]))


def _divides(character: str) -> bool:
    return character.isspace() or unicodedata.category(character).startswith("P")


def _most(found: Counter[str], total: Counter[str]) -> dict[str, int]:
    return {label: found[label] for label in sorted(total) if total[label] >= LEAST and 2 * found[label] > total[label]}
