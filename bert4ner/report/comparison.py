"""Several runs side by side: the options in which they differ, and whether their scores differ significantly."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.runs.record import RunRecord, TrainedRun
from bert4ner.scoring.pairing import named_alike
from bert4ner.scoring.significance import Difference, paired_bootstrap


@dataclass(frozen=True)
class Pair:
    """Two runs, by number, and their difference; None if no annotated document was held out by both."""

    one: int
    other: int
    difference: Difference | None


@dataclass(frozen=True)
class Overlap:
    """Two runs, by number, that were scored on different documents; documents are the same if their texts are."""

    one: int
    other: int
    common: int
    """Texts that both held out."""


def different_documents(records: Sequence[RunRecord]) -> list[Overlap]:
    """The pairs of runs whose scores are not of the same documents, and so cannot be compared as they are."""
    texts = [{document.text for document in record.predicted} for record in records]
    return [
        Overlap(one, other, len(texts[one] & texts[other]))
        for one, other in combinations(range(len(records)), 2)
        if texts[one] != texts[other]
    ]


def differing_options(records: Sequence[RunRecord]) -> dict[str, list[object]]:
    """The options whose values differ between runs, with the value in each; None for a combined run."""
    every = [record.config.options() if isinstance(record, TrainedRun) else None for record in records]
    names = next((options for options in every if options is not None), {})
    table = {name: [None if options is None else options[name] for options in every] for name in names}
    return {
        name: values
        for name, values in table.items()
        if len({repr(value) for value, options in zip(values, every, strict=True) if options is not None}) > 1
    }


def compare_pairs(records: Sequence[RunRecord], gold: Sequence[Document]) -> list[Pair]:
    """Every pair of runs on the documents that both held out and that `gold` annotates.

    Raises:
        DataError: ids repeat in `gold`, or a text in it differs from a run's.
    """
    by_id = {document.id: document for document in gold}
    if len(by_id) < len(gold):
        raise DataError(f"{len(gold) - len(by_id)} ids occur more than once in gold; give every document its own id")
    found = [{document.id: document for document in _named(record, gold)} for record in records]
    for record, predicted in zip(records, found, strict=True):
        changed = [id for id, each in predicted.items() if id in by_id and by_id[id].text != each.text]
        if changed:
            raise DataError(
                f"the text of {changed[0]!r} in gold is not that which {record.path} was scored on; give the data that "
                "the runs were made from"
            )
    return [
        Pair(one, other, _compare(by_id, found[one], found[other]))
        for one, other in combinations(range(len(records)), 2)
    ]


def _named(record: RunRecord, gold: Sequence[Document]) -> Sequence[Document]:
    """The held-out documents of a run, with the ids of gold where only texts identify them."""
    texts = {document.text for document in record.predicted}
    return named_alike(record.predicted, [each for each in gold if each.text in texts]) or record.predicted


def _compare(gold: dict[str, Document], one: dict[str, Document], other: dict[str, Document]) -> Difference | None:
    common = [id for id in gold if id in one and id in other]
    if not common:
        return None
    return paired_bootstrap(*([side[id] for id in common] for side in (gold, one, other)))
