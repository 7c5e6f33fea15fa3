"""Assign documents to folds: seeded, stratified by the labels they contain, identical texts always together."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert4ner.entities import Document
from bert4ner.errors import DataError

_DOCUMENTS = ""  # stands for documents among the labels, which are never empty
_DOCUMENTS_WEIGHT = 3  # keeps fold sizes within a document or two


def assign_folds(documents: Sequence[Document], num_folds: int, *, seed: int) -> list[int]:
    """The fold in which each document is held out.

    Groups of documents with the same text are assigned one by one, those with the rarest label first, each to the fold
    that most lacks the labels of the group. So each fold gets its share of every label and of documents.

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
            f"{num_folds} folds, but only {len(groups)} different texts in {len(documents)} documents; lower --folds"
        )
    fold_of_text = _stratify(groups, documents, np.full(num_folds, 1 / num_folds), seed)
    return [fold_of_text[document.text] for document in documents]


def split(documents: Sequence[Document], share: float, *, seed: int) -> tuple[list[Document], list[Document]]:
    """Training documents, and about `share` of all held out, stratified like folds; each part has at least one text.

    Raises:
        DataError: fewer than 2 different texts.
    """
    groups = _by_text(documents)
    if len(groups) < 2:
        raise DataError(f"{len(groups)} different texts cannot be split into training and held-out; add documents")
    part = _stratify(groups, documents, np.array([1 - share, share]), seed)
    if len(set(part.values())) == 1:  # the share rounded to no text
        part[next(iter(groups))] = 1 - next(iter(part.values()))
    training = [document for document in documents if part[document.text] == 0]
    return training, [document for document in documents if part[document.text] == 1]


def draw_bags(documents: Sequence[Document], num_bags: int, *, seed: int) -> list[list[int]]:
    """Resampled training sets: how often each set contains each document; 0 means held out.

    A set draws as many texts, with replacement, as there are different texts; all documents of a text go together.
    About 37 % of the texts are not drawn. If all were drawn, the draw is repeated: one must be held out.

    Raises:
        DataError: fewer than 2 different texts.

    References:
        Breiman 1996, Bagging Predictors; Out-of-Bag Estimation.
    """
    groups = _by_text(documents)
    if len(groups) < 2:
        raise DataError(f"{len(groups)} different texts cannot be resampled with one held out; add documents")
    bags = []
    for number in range(num_bags):
        times = dict(zip(groups, _draw(len(groups), np.random.default_rng([seed, number])), strict=True))
        bags.append([times[document.text] for document in documents])
    return bags


def _draw(number: int, rng: np.random.Generator) -> list[int]:
    """How often each of `number` items is drawn; at least one is not."""
    while True:
        times = np.bincount(rng.integers(number, size=number), minlength=number)  # (number,)
        if not times.all():
            return [int(each) for each in times]


def _by_text(documents: Sequence[Document]) -> dict[str, list[int]]:
    """For each text, the indices of its documents."""
    groups: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        groups.setdefault(document.text, []).append(number)
    return groups


def _stratify(
    groups: dict[str, list[int]], documents: Sequence[Document], shares: np.ndarray, seed: int
) -> dict[str, int]:
    contents = {  # text -> its counts of each label and of documents
        text: Counter({_DOCUMENTS: len(numbers)} | Counter(e.label for n in numbers for e in documents[n].entities))
        for text, numbers in groups.items()
    }
    totals: Counter[str] = Counter()
    for content in contents.values():
        totals.update(content)
    targets = {label: shares * count for label, count in totals.items()}  # label -> (folds,)
    missing = {label: target.copy() for label, target in targets.items()}  # label -> (folds,)
    fold_of_text: dict[str, int] = {}
    for text in _rarest_first(contents, totals, np.random.default_rng(seed)):
        cost = np.zeros(len(shares))  # (folds,)
        for label, count in contents[text].items():  # growth of the squares of `missing` relative to the target
            weight = _DOCUMENTS_WEIGHT if label == _DOCUMENTS else 1
            cost += weight * count * (count - 2 * missing[label]) / targets[label]
        fold = int(cost.argmin())
        fold_of_text[text] = fold
        for label, count in contents[text].items():
            missing[label][fold] -= count
    return fold_of_text


def _rarest_first(contents: dict[str, Counter[str]], totals: Counter[str], rng: np.random.Generator) -> list[str]:
    """Texts by their rarest label, those with more of it first, otherwise in random order."""
    ranks = {label: rank for rank, label in enumerate(sorted(totals, key=lambda label: (totals[label], label)))}
    ranks[_DOCUMENTS] = len(ranks)
    texts = list(contents)

    def key(text: str) -> tuple[int, int]:
        rarest = min(contents[text], key=ranks.__getitem__)
        return ranks[rarest], -contents[text][rarest]

    return sorted((texts[place] for place in rng.permutation(len(texts))), key=key)
