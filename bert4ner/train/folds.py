"""Assign documents to folds: seeded, stratified by the labels they contain, identical texts always together."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert4ner.entities import Document
from bert4ner.errors import DataError

_DOCUMENTS = ""  # counted like a label, which is never empty
_DOCUMENTS_WEIGHT = 3  # so that folds differ by a document or two, whatever the labels want


def assign_folds(documents: Sequence[Document], num_folds: int, *, seed: int) -> list[int]:
    """The fold in which each document is held out.

    Groups of documents with the same text are dealt out one by one, those with the rarest label first, each to the fold
    that lacks most of what it brings; so each fold gets its share of every label and of documents.

    Raises:
        DataError: fewer different texts than folds, or fewer than 2 folds.

    References:
        Sechidis, Tsoumakas and Vlahavas 2011, On the Stratification of Multi-Label Data, for the order.
    """
    if num_folds < 2:
        raise DataError(f"folds must be at least 2, got {num_folds}; `bert4ner train` trains one model")
    groups = _by_text(documents)
    if num_folds > len(groups):
        raise DataError(
            f"{num_folds} folds, but only {len(groups)} different texts among {len(documents)} documents; lower --folds"
        )
    fold_of_text = _stratify(groups, documents, np.full(num_folds, 1 / num_folds), seed)
    return [fold_of_text[document.text] for document in documents]


def split(documents: Sequence[Document], share: float, *, seed: int) -> tuple[list[Document], list[Document]]:
    """Documents to train on, and about `share` of all held out, stratified like folds; both have at least one text.

    Raises:
        DataError: fewer than 2 different texts.
    """
    groups = _by_text(documents)
    if len(groups) < 2:
        raise DataError(f"{len(groups)} different texts cannot be split into training and held-out; add documents")
    part = _stratify(groups, documents, np.array([1 - share, share]), seed)
    if len(set(part.values())) == 1:  # a share that rounds to no text at all
        part[next(iter(groups))] = 1 - next(iter(part.values()))
    training = [document for document in documents if part[document.text] == 0]
    return training, [document for document in documents if part[document.text] == 1]


def draw_bags(documents: Sequence[Document], num_bags: int, *, seed: int) -> list[list[int]]:
    """Resampled sets of documents to train on: for each how often it has each document; 0 is left out.

    Of all different texts as many are drawn as there are, with replacement, each with all of its documents; about 37 %
    are not drawn. If all were, all are drawn anew: something has to be left out.

    Raises:
        DataError: fewer than 2 different texts.

    References:
        Breiman 1996, Bagging Predictors; Out-of-Bag Estimation.
    """
    groups = _by_text(documents)
    if len(groups) < 2:
        raise DataError(f"{len(groups)} different texts cannot be resampled so that one is left out; add documents")
    bags = []
    for number in range(num_bags):
        times = dict(zip(groups, _draw(len(groups), np.random.default_rng([seed, number])), strict=True))
        bags.append([times[document.text] for document in documents])
    return bags


def _draw(number: int, rng: np.random.Generator) -> list[int]:
    """How often each of so many is drawn; at least one is not."""
    while True:
        times = np.bincount(rng.integers(number, size=number), minlength=number)  # (number,)
        if not times.all():
            return [int(each) for each in times]


def _by_text(documents: Sequence[Document]) -> dict[str, list[int]]:
    """The places of the documents of each text."""
    groups: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        groups.setdefault(document.text, []).append(number)
    return groups


def _stratify(
    groups: dict[str, list[int]], documents: Sequence[Document], shares: np.ndarray, seed: int
) -> dict[str, int]:
    contents = {  # text -> how much of each label it brings, and of documents
        text: Counter({_DOCUMENTS: len(numbers)} | Counter(e.label for n in numbers for e in documents[n].entities))
        for text, numbers in groups.items()
    }
    totals: Counter[str] = Counter()
    for content in contents.values():
        totals.update(content)
    aims = {kind: shares * count for kind, count in totals.items()}  # kind -> (folds,)
    missing = {kind: aim.copy() for kind, aim in aims.items()}  # kind -> (folds,)
    fold_of_text: dict[str, int] = {}
    for text in _rarest_first(contents, totals, np.random.default_rng(seed)):
        cost = np.zeros(len(shares))  # (folds,)
        for kind, count in contents[text].items():  # how the squares of `missing`, relative to the aim, would grow
            weight = _DOCUMENTS_WEIGHT if kind == _DOCUMENTS else 1
            cost += weight * count * (count - 2 * missing[kind]) / aims[kind]
        fold = int(cost.argmin())
        fold_of_text[text] = fold
        for kind, count in contents[text].items():
            missing[kind][fold] -= count
    return fold_of_text


def _rarest_first(contents: dict[str, Counter[str]], totals: Counter[str], rng: np.random.Generator) -> list[str]:
    """Texts in the order of the rarest label they hold, those with more of it first, else in random order."""
    ranks = {kind: rank for rank, kind in enumerate(sorted(totals, key=lambda kind: (totals[kind], kind)))}
    ranks[_DOCUMENTS] = len(ranks)
    texts = list(contents)

    def key(text: str) -> tuple[int, int]:
        rarest = min(contents[text], key=ranks.__getitem__)
        return ranks[rarest], -contents[text][rarest]

    return sorted((texts[place] for place in rng.permutation(len(texts))), key=key)
