"""Strict entity scores: a prediction counts when start, end and label agree, and repeats count once.

Documents are paired by id, their `counts` added up. Pure functions over documents; no models, no files.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.given import as_tuple
from bert4ner.scoring.counts import Counts, NestedRecall, count_matches, count_nested, ratio
from bert4ner.scoring.pairing import advice_on_ids
from bert4ner.showing import table_html


@dataclass(frozen=True, repr=False)
class Score:
    """Precision, recall and F1, each between 0 and 1."""

    precision: float
    recall: float
    f1: float

    def __repr__(self) -> str:
        return f"Score(precision {_percent(self.precision)}, recall {_percent(self.recall)}, F1 {_percent(self.f1)})"


@dataclass(frozen=True, repr=False)
class Scores:
    """The counts of every label in gold or prediction, and the averages over labels.

    `micro` pools all entities; `macro` is the mean of the labels; `weighted` weighs each label's scores by its gold
    support, which DeepNER publishes under the name micro. `nested` counts the gold entities that share characters with
    another one, and how many of them were found.

    Args:
        counts: for every label, the numbers of right, predicted and gold entities.
        nested: the same for nested gold entities.

    Example:
        >>> from bert4ner import Document, Entity, evaluate
        >>> gold = Document("a", "人参治头痛", (Entity(0, 2, "DRUG"), Entity(3, 5, "SYMPTOM")))
        >>> found = Document("a", "人参治头痛", (Entity(0, 2, "DRUG"),))
        >>> scores = evaluate([gold], [found])
        >>> scores.micro.precision, scores.micro.recall, scores.macro.f1
        (1.0, 0.5, 0.5)
    """

    counts: Mapping[str, Counts] = field(default_factory=dict)
    nested: "NestedRecall" = field(default_factory=lambda: NestedRecall())

    def __repr__(self) -> str:
        micro = str(self.micro).removeprefix("Score(")
        return f"Scores(micro {micro[:-1]}; {_counted(self)})"

    def _repr_html_(self) -> str:
        """The notebook display: a table of the averages and of all labels."""
        averages = {"micro": self.micro, "macro": self.macro, "weighted": self.weighted}
        labels = sorted(self.counts.items(), key=lambda item: (-item[1].gold, item[0]))
        rows = [(name, *_row(score), self.support) for name, score in averages.items()]
        rows += [(label, *_row(counts), counts.gold) for label, counts in labels]
        return table_html(_counted(self), ("", "precision", "recall", "F1", "entities"), rows)

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
            return ratio(summed, sum(weights.values()))

        return Score(mean("precision"), mean("recall"), mean("f1"))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, for JSON."""
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


def _counted(scores: Scores) -> str:
    labels = len(scores.counts)
    return f"{scores.support} entities of {labels} label{'' if labels == 1 else 's'}"


def _row(score: Score | Counts) -> tuple[str, str, str]:
    return _percent(score.precision), _percent(score.recall), _percent(score.f1)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def pair_documents(gold: Iterable[Document], predicted: Iterable[Document]) -> list[tuple[Document, Document]]:
    """Gold and predicted documents of the same id, in gold order.

    Raises:
        DataError: ids are repeated, missing or unknown, a text differs, or an item is not a document.
    """
    wanted, found = _by_id(gold, "gold"), _by_id(predicted, "predicted")
    missing = [id for id in wanted if id not in found]
    extra = [id for id in found if id not in wanted]
    if missing or extra:
        example = (missing or extra)[0]
        advice = advice_on_ids(list(found.values()), list(wanted.values()))
        raise DataError(
            f"expected one prediction for each of {len(wanted)} gold documents, found {len(missing)} without "
            f"prediction and {len(extra)} predictions without gold, e.g. {example!r}; documents are "
            f"paired by id{advice}"
        )
    for id, document in wanted.items():
        if document.text != found[id].text:
            raise DataError(
                f"document {id!r}: gold and predicted text differ ({len(document.text)} and {len(found[id].text)} "
                "characters); predict on exactly the annotated text"
            )
    return [(document, found[id]) for id, document in wanted.items()]


def _by_id(documents: Iterable[Document], side: str) -> dict[str, Document]:
    documents = as_tuple(documents, Document, f"{side} documents")
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

    Args:
        gold: annotated documents.
        predicted: the same documents with the predicted entities.

    Raises:
        DataError: see `pair_documents`.

    Example:
        >>> import bert4ner
        >>> documents = bert4ner.sample_documents()
        >>> bert4ner.evaluate(documents, documents).micro.f1
        1.0

    References:
        Tjong Kim Sang and De Meulder 2003, Introduction to the CoNLL-2003 Shared Task: a predicted entity is right if
        start, end and label agree.
    """
    total: dict[str, Counts] = {}
    nested = NestedRecall()
    for one, other in pair_documents(gold, predicted):
        for label, each in count_matches(one.entities, other.entities).items():
            total[label] = total.get(label, Counts()) + each
        nested += count_nested(one.entities, other.entities)
    return Scores(dict(sorted(total.items())), nested)
