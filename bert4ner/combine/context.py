"""What a document says about its candidates: how often their text occurs in it, and what members find elsewhere in it.

Annotators rarely mark every occurrence of a mention, often one per document. Then the best evidence about an occurrence
is whether another one is likelier, and a model that reads one window at a time cannot know that.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from bert4ner.combine.learning import FloatArray
from bert4ner.entities import Document, Entity
from bert4ner.text.surface_finder import SurfaceFinder

FEATURES = (
    "length",
    "occurrences",
    "occurrence",
    "likeliest before",
    "sum before",
    "likeliest after",
    "sum after",
    "likeliest of this span",
    "likeliest containing",
    "likeliest contained",
    "likeliest overlapping",
    "position",
    "text length",
    "sum of the document",
    "sum nearby",
    "sum of the label",
)
"""Names of the columns. "before" and "after" are other occurrences of the same text with the same label; "sum" adds up
probabilities; `occurrence` and `position` count from the start of the document."""

_NEAR = 30  # characters between starts
_LEAST = 0.02  # added to probabilities before their logarithm: what is 0 must stay finite


def surroundings(document: Document, probabilities: FloatArray) -> FloatArray:
    """Numbers about each candidate, (candidates, features).

    Args:
        document: a text with its candidates, sorted.
        probabilities: (members, candidates).
    """
    entities = document.entities
    table = np.zeros((len(entities), len(FEATURES)))
    if not entities:
        return table
    means: FloatArray = probabilities.mean(axis=0)  # (candidates,)
    columns = dict(zip(FEATURES, table.T, strict=True))
    _places(document, columns)
    for name, values in _other_occurrences(document, means).items():
        columns[name][:] = values
    for name, values in zip(FEATURES[7:11], greatest_of_rivals(entities, means), strict=True):
        columns[name][:] = values
    starts = np.array([each.start for each in entities])
    totals = np.append(0.0, means.cumsum())
    first, last = np.searchsorted(starts, starts - _NEAR), np.searchsorted(starts, starts + _NEAR, "right")
    columns["sum nearby"][:] = totals[last] - totals[first] - means
    columns["sum of the document"][:] = totals[-1]
    labels = np.array([each.label for each in entities])
    for label in set(labels.tolist()):
        columns["sum of the label"][labels == label] = means[labels == label].sum()
    columns["sum of the label"] -= means
    for name in FEATURES[3:11] + FEATURES[13:]:
        np.log(np.maximum(columns[name], 0) + _LEAST, out=columns[name])
    return table


def repeated(document: Document, entities: Sequence[Entity]) -> set[Entity]:
    """These entities, and with the same label every other occurrence of their text, but for discontinuous ones."""
    labels: dict[str, set[str]] = defaultdict(set)
    for entity in entities:
        if not entity.fragments:
            labels[document.mention(entity)].add(entity.label)
    surfaces = list(labels)
    found = {
        Entity(start, end, label)
        for start, end, number in SurfaceFinder(surfaces).find(document.text)
        for label in labels[surfaces[number]]
    }
    return found.union(entities)


def _places(document: Document, columns: dict[str, FloatArray]) -> None:
    """Fills the columns that need no probabilities."""
    mentions = [document.mention(each) for each in document.entities]
    surfaces = sorted(set(mentions))
    starts: dict[str, list[int]] = {surface: [] for surface in surfaces}
    for start, _, number in SurfaceFinder(surfaces).find(document.text):
        starts[surfaces[number]].append(start)
    columns["length"][:] = np.log1p([len(each) for each in mentions])
    columns["occurrences"][:] = np.log1p([len(starts[each]) for each in mentions])
    occurrence = [bisect_left(starts[m], e.start) for m, e in zip(mentions, document.entities, strict=True)]
    columns["occurrence"][:] = np.log1p(occurrence)
    columns["position"][:] = [each.start / len(document.text) for each in document.entities]
    columns["text length"][:] = np.log1p(len(document.text))


def _other_occurrences(document: Document, means: FloatArray) -> dict[str, FloatArray]:
    """The greatest probability and the sum of the occurrences before and after each, by column, (candidates,)."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, entity in enumerate(document.entities):
        groups[document.mention(entity), entity.label].append(place)
    found = {name: np.zeros(len(means)) for name in FEATURES[3:7]}
    for places in groups.values():
        for side, order in (("before", places), ("after", places[::-1])):
            values = means[order]
            found[f"likeliest {side}"][order[1:]] = np.maximum.accumulate(values)[:-1]
            found[f"sum {side}"][order[1:]] = values.cumsum()[:-1]
    return found


def greatest_of_rivals(entities: Sequence[Entity], values: FloatArray) -> FloatArray:
    """The greatest value among other candidates that touch each one, 0 where there is none, (4, candidates).

    Row by row among those with the same span, those that contain it, those that it contains, and all that overlap it.

    Args:
        entities: at least one; sorted.
        values: (candidates,), at least 0.
    """
    starts, ends = (np.array(each) for each in zip(*((e.start, e.end) for e in entities), strict=True))
    longest = int((ends - starts).max())
    firsts, lasts = np.searchsorted(starts, starts - longest), np.searchsorted(starts, ends)
    found = np.zeros((4, len(entities)))
    for place, (first, last) in enumerate(zip(firsts.tolist(), lasts.tolist(), strict=True)):
        start, end, chosen = starts[first:last], ends[first:last], values[first:last].copy()
        chosen[place - first] = 0  # itself is no rival
        wider, narrower = (
            (start <= starts[place]) & (end >= ends[place]),
            (start >= starts[place]) & (end <= ends[place]),
        )
        touching = end > starts[place]
        for row, which in zip(found, (wider & narrower, wider & ~narrower, narrower & ~wider, touching), strict=True):
            row[place] = chosen[which].max(initial=0.0)
    return found
