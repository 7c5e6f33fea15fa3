"""Assign documents to folds: seeded, stratified by the labels they contain, identical texts always together."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert4ner.entities import Document
from bert4ner.errors import DataError


def assign_folds(documents: Sequence[Document], num_folds: int, *, seed: int) -> list[int]:
    """The fold in which each document is held out.

    Groups of documents with the same text are dealt out label by label, the rarest first, to the fold that lacks that
    label most; so each fold gets its share of every label and of documents.

    Raises:
        DataError: fewer different texts than folds, or fewer than 2 folds.

    References:
        Sechidis, Tsoumakas and Vlahavas 2011, On the Stratification of Multi-Label Data.
    """
    if num_folds < 2:
        raise DataError(f"folds must be at least 2, got {num_folds}; `bert4ner train` trains one model")
    groups: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        groups.setdefault(document.text, []).append(number)
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
    groups: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        groups.setdefault(document.text, []).append(number)
    if len(groups) < 2:
        raise DataError(f"{len(groups)} different texts cannot be split into training and held-out; add documents")
    part = _stratify(groups, documents, np.array([1 - share, share]), seed)
    if len(set(part.values())) == 1:                            # a share that rounds to no text at all
        part[next(iter(groups))] = 1 - next(iter(part.values()))
    training = [document for document in documents if part[document.text] == 0]
    return training, [document for document in documents if part[document.text] == 1]


def _stratify(
    groups: dict[str, list[int]], documents: Sequence[Document], shares: np.ndarray, seed: int
) -> dict[str, int]:
    labels_of = {
        text: Counter(entity.label for number in numbers for entity in documents[number].entities)
        for text, numbers in groups.items()
    }
    totals = sum(labels_of.values(), Counter())
    wanted = {label: shares * count for label, count in totals.items()}             # label -> (folds,)
    room = shares * len(documents)                                                  # (folds,)
    rng = np.random.default_rng(seed)
    texts = [list(groups)[place] for place in rng.permutation(len(groups))]
    fold_of_text: dict[str, int] = {}
    rare_first = [label for label, _ in sorted(totals.items(), key=lambda item: (item[1], item[0]))]
    for label in [*rare_first, None]:
        for text in texts:
            if text in fold_of_text or (label is not None and label not in labels_of[text]):
                continue
            need = wanted[label] if label is not None else room
            best = np.flatnonzero(need == need.max())
            fold = int(best[np.argmax(room[best])])
            fold_of_text[text] = fold
            room[fold] -= len(groups[text])
            for other, count in labels_of[text].items():
                wanted[other][fold] -= count
    return fold_of_text
