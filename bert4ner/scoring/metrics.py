"""Strict entity scores: a prediction counts when start, end and label agree, and repeats count once.

Counts are added, ratios are computed last, and 0/0 is 0. Pure functions over documents; no models, no files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bert4ner.entities import Document, Entity, overlapping_entities
from bert4ner.errors import DataError


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@dataclass(frozen=True)
class Counts:
    """How many entities were predicted, how many are gold, and how many are both; adds up over documents."""

    hits: int = 0
    gold: int = 0
    predicted: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.hits + other.hits, self.gold + other.gold, self.predicted + other.predicted)

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are gold."""
        return _ratio(self.hits, self.predicted)

    @property
    def recall(self) -> float:
        """Share of the gold entities that were predicted."""
        return _ratio(self.hits, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.hits, self.gold + self.predicted)


def count_matches(gold: Iterable[Entity], predicted: Iterable[Entity]) -> dict[str, Counts]:
    """Counts of each label that occurs on either side, for the entities of one text.

    Examples:
        >>> count_matches([Entity(0, 2, "DRUG")], [Entity(0, 2, "DRUG"), Entity(0, 2, "DRUG"), Entity(3, 4, "DRUG")])
        {'DRUG': Counts(hits=1, gold=1, predicted=2)}
    """
    gold, predicted = set(gold), set(predicted)
    hits = Counter(entity.label for entity in gold & predicted)
    wanted = Counter(entity.label for entity in gold)
    found = Counter(entity.label for entity in predicted)
    return {label: Counts(hits[label], wanted[label], found[label]) for label in sorted(wanted | found)}


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1, each between 0 and 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class NestedRecall:
    """Gold entities that lie inside, around or across another gold entity: how many there are, how many were found.

    There is no precision to it: a prediction is not known to be meant as nested.
    """

    hits: int = 0
    gold: int = 0

    def __add__(self, other: "NestedRecall") -> "NestedRecall":
        return NestedRecall(self.hits + other.hits, self.gold + other.gold)

    @property
    def recall(self) -> float:
        """Share of these gold entities that were predicted."""
        return _ratio(self.hits, self.gold)


def count_nested(gold: Iterable[Entity], predicted: Iterable[Entity]) -> NestedRecall:
    """Recall of the entities of one text that share characters with another gold entity.

    Examples:
        >>> count_nested([Entity(0, 4, "SYM"), Entity(0, 2, "BODY"), Entity(5, 6, "SYM")], [Entity(0, 2, "BODY")])
        NestedRecall(hits=1, gold=2)
    """
    nested = overlapping_entities(gold)
    return NestedRecall(len(nested & set(predicted)), len(nested))


@dataclass(frozen=True)
class Scores:
    """The counts of every label that occurs in gold or prediction, and the averages over labels.

    `micro` pools all entities; `macro` is the mean of the labels; `weighted` weighs each label's figures by its gold
    support, which is what DeepNER publishes under the name micro. `nested` counts the gold entities that share
    characters with another one, and those of them that were found.
    """

    counts: Mapping[str, Counts] = field(default_factory=dict)
    nested: "NestedRecall" = field(default_factory=lambda: NestedRecall())

    @property
    def total(self) -> Counts:
        """The counts of all labels together."""
        return sum(self.counts.values(), start=Counts())

    @property
    def micro(self) -> Score:
        """Precision, recall and F1 of all entities, whatever their label."""
        return Score(self.total.precision, self.total.recall, self.total.f1)

    @property
    def macro(self) -> Score:
        """The mean of the labels' scores, all labels counted alike."""
        return self._average(dict.fromkeys(self.counts, 1))

    @property
    def weighted(self) -> Score:
        """The mean of the labels' scores, weighted by their gold entities."""
        return self._average({label: counts.gold for label, counts in self.counts.items()})

    @property
    def support(self) -> int:
        """Number of gold entities."""
        return self.total.gold

    def _average(self, weights: Mapping[str, int]) -> Score:
        def mean(name: str) -> float:
            summed = sum(weights[label] * getattr(counts, name) for label, counts in self.counts.items())
            return _ratio(summed, sum(weights.values()))

        return Score(mean("precision"), mean("recall"), mean("f1"))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, for JSON; `from_dict` needs only the counts in it."""
        labels = {
            label: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.gold, **asdict(c)}
            for label, c in sorted(self.counts.items())
        }
        nested = {"recall": self.nested.recall, **asdict(self.nested)}
        return {
            "micro": asdict(self.micro),
            "macro": asdict(self.macro),
            "weighted": asdict(self.weighted),
            "support": self.support,
            **({"nested": nested} if self.nested.gold else {}),
            "labels": labels,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Scores":
        """The scores that `to_dict` described."""
        return cls(
            {
                label: Counts(counts["hits"], counts["gold"], counts["predicted"])
                for label, counts in values["labels"].items()
            },
            NestedRecall(values["nested"]["hits"], values["nested"]["gold"]) if "nested" in values else NestedRecall(),
        )


def pair_documents(gold: Iterable[Document], predicted: Iterable[Document]) -> list[tuple[Document, Document]]:
    """Gold and predicted documents of the same id, in gold order.

    Raises:
        DataError: ids are repeated, missing or unknown, or a text differs.
    """
    wanted, found = _by_id(gold, "gold"), _by_id(predicted, "predicted")
    missing = [id for id in wanted if id not in found]
    extra = [id for id in found if id not in wanted]
    if missing or extra:
        example = (missing or extra)[0]
        raise DataError(
            f"expected one prediction for each of {len(wanted)} gold documents, found {len(missing)} without "
            f"prediction and {len(extra)} predictions without gold, e.g. {example!r}; documents are paired by id"
        )
    for id, document in wanted.items():
        if document.text != found[id].text:
            raise DataError(
                f"document {id!r}: gold and predicted text differ ({len(document.text)} and {len(found[id].text)} "
                "characters); predict on the very text that was annotated"
            )
    return [(document, found[id]) for id, document in wanted.items()]


def _by_id(documents: Iterable[Document], side: str) -> dict[str, Document]:
    documents = list(documents)
    result = {document.id: document for document in documents}
    if len(result) < len(documents):
        repeated = next(id for id, count in Counter(each.id for each in documents).items() if count > 1)
        raise DataError(
            f"expected each id once among the {side} documents, found {len(documents) - len(result)} repeated, "
            f"e.g. {repeated!r}; give every document its own id"
        )
    return result


def evaluate(gold: Iterable[Document], predicted: Iterable[Document]) -> Scores:
    """Strict scores of `predicted` against `gold`, documents paired by id.

    Raises:
        DataError: see `pair_documents`.
    """
    total: dict[str, Counts] = {}
    nested = NestedRecall()
    for one, other in pair_documents(gold, predicted):
        for label, each in count_matches(one.entities, other.entities).items():
            total[label] = total.get(label, Counts()) + each
        nested += count_nested(one.entities, other.entities)
    return Scores(dict(sorted(total.items())), nested)


def bootstrap_interval(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    samples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of micro F1 when documents are drawn again with replacement: (low, high) quantiles around `level`.

    Raises:
        DataError: see `pair_documents`.
        ValueError: `samples` or `level` out of range.
    """
    if samples < 1 or not 0 < level < 1:
        raise ValueError(f"expected samples >= 1 and 0 < level < 1, got samples={samples} and level={level}")
    return interval_of_counts(document_counts(gold, predicted), samples=samples, seed=seed, level=level)


def document_counts(gold: Iterable[Document], predicted: Iterable[Document]) -> list[Counts]:
    """The counts of each document, all labels together.

    Raises:
        DataError: see `pair_documents`.
    """
    return [Scores(count_matches(a.entities, b.entities)).total for a, b in pair_documents(gold, predicted)]


def counts_table(counts: Sequence[Counts]) -> np.ndarray:
    """Of each document hits, and gold and predicted entities together, int64 (documents, 2): what micro F1 needs."""
    return np.array([(each.hits, each.gold + each.predicted) for each in counts], dtype=np.int64).reshape(-1, 2)


def resampled_sums(table: np.ndarray, *, samples: int, seed: int) -> Iterator[np.ndarray]:
    """Sums over rows of a table (documents, columns) that are drawn again with replacement, (columns,) each time."""
    rng = np.random.default_rng(seed)
    for _ in range(samples):  # one at a time: all draws at once would need samples x documents numbers
        drawn = rng.integers(len(table), size=len(table))  # (documents,)
        yield np.bincount(drawn, minlength=len(table)) @ table


def interval_of_counts(
    counts: Sequence[Counts], *, samples: int = 1000, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """As `bootstrap_interval`, from the counts of each document; (0, 0) where there is none."""
    if not counts:
        return 0.0, 0.0
    sums = np.array(list(resampled_sums(counts_table(counts), samples=samples, seed=seed)))  # (samples, 2)
    f1 = 2.0 * sums[:, 0] / np.maximum(sums[:, 1], 1)  # (samples,)
    low, high = np.quantile(f1, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
