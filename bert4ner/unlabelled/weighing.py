"""The weights of pseudo-labelled documents beside gold ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bert4ner.entities import Document
from bert4ner.unlabelled.label_selection import Selected
from bert4ner.unlabelled.options import PseudoOptions

FEWEST, MOST = 5, 10  # of m / n, times the weight of the new documents: the rule of thumb
_CLIP = 4.0
"""Largest ratio of label distributions, and 1 over the smallest: a rare label must not raise a weight thirtyfold."""
_LEAST = 1e-3  # a document of confidence 0 keeps a weight, too


def weight_by_rule(gold: int, new: int) -> tuple[float, float, float]:
    """The weight of `new` documents beside `gold` ones of weight 1, and its range by the rule of thumb.

    The ratio of new to gold documents, m / n, should be between 5 / W and 10 / W. So W lies between 5 n / m and
    10 n / m; the middle is taken, but at most 1.

    Example:
        >>> weight_by_rule(100, 1500)
        (0.5, 0.3333333333333333, 0.6666666666666666)
    """
    low, high = FEWEST * gold / new, MOST * gold / new
    return min(1.0, (low + high) / 2), low, high


def weighed(
    documents: Sequence[Selected], weight: float, gold: Mapping[str, int], options: PseudoOptions
) -> list[Document]:
    """The documents with their weights.

    Args:
        documents: new ones, with selected labels.
        weight: the common weight.
        gold: how often each label occurs in the documents that the models learned from.
        options: what the weights of documents depend on.
    """
    if options.weights == "equal":
        factors = [1.0] * len(documents)
    elif options.weights == "confidence":
        factors = [max(each.confidence, _LEAST) for each in documents]
    else:
        factors = _density_ratios([each.document for each in documents], gold)
    pairs = zip(documents, factors, strict=True)
    return [replace(each.document, weight=float(f"{weight * factor:.6g}")) for each, factor in pairs]


def _density_ratios(documents: Sequence[Document], gold: Mapping[str, int]) -> list[float]:
    """For each document, the mean over its labels of (share in gold) / (share in new), clipped."""
    new = Counter(entity.label for document in documents for entity in document.entities)
    totals = sum(gold.values()), sum(new.values())
    ratios = {label: gold.get(label, 0) / totals[0] / (count / totals[1]) for label, count in new.items()}
    factors = []
    for document in documents:
        own = [ratios[entity.label] for entity in document.entities]
        factors.append(min(max(sum(own) / len(own), 1 / _CLIP), _CLIP) if own else 1.0)
    return factors
