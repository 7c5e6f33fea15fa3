"""Pseudo-labels for new documents by the models of a run, all together or each fold alone."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bert4ner.entities import Document
from bert4ner.errors import ConfigError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.runs.layout import MODEL, is_combination
from bert4ner.runs.pseudo_labels import PseudoLabelled, Teachers
from bert4ner.runs.record import TrainedRun, open_trained
from bert4ner.unlabelled.label_selection import select_labels
from bert4ner.unlabelled.options import PseudoOptions
from bert4ner.unlabelled.weighing import weighed, weight_by_rule

_PATHS = 16  # best paths that candidates are taken from, at least


@dataclass(frozen=True)
class Lesson:
    """What the models of one fold, or all together, find in the new documents."""

    teachers: Teachers
    documents: list[Document]
    """With labels and weights."""
    left_out: int
    """Number of documents left out for low confidence."""
    weight: float
    """The common weight, before the factors of `weights`."""
    rule: tuple[float, float] | None
    """The range by the rule of thumb; None if the run does not record how many documents it learned from."""

    @property
    def labelled(self) -> list[PseudoLabelled]:
        """The documents with their teachers."""
        return [PseudoLabelled(document, self.teachers) for document in self.documents]


def pseudo_label(
    run: str | Path,
    documents: Sequence[Document],
    options: PseudoOptions = PseudoOptions(),  # noqa: B008  (frozen)
    *,
    by_fold: bool = False,
) -> Iterator[Lesson]:
    """Label new documents with the models of a run, to learn from them: one lesson, or one for each fold.

    In lessons of folds, the fold follows the id of a document: `ID#fold-0`.

    Args:
        run: the folder of a complete run.
        documents: new ones; their annotation is ignored.
        options: what becomes a label, and the weights of documents.
        by_fold: label every document by the models of each fold separately, so that `cross_validate` can use it.

    Raises:
        RunError, CheckpointError: see `NamedEntityRecognizer.load`; or several runs combined.
        ConfigError: the run does not record how many documents it learned from, and no weight is given.

    Example:
        >>> import bert4ner
        >>> documents = [bert4ner.Document("new-1", "人参治头痛"), bert4ner.Document("new-2", "当归补血")]
        >>> (lesson,) = bert4ner.pseudo_label("runs/sample", documents)  # see `cross_validate`
        >>> bert4ner.write_pseudo_labels(lesson.labelled, "pseudo.jsonl")

    References:
        Lee 2013, Pseudo-Label: the simple and efficient semi-supervised learning method for deep neural networks.
    """
    path = Path(run)
    if is_combination(path):
        raise RunError(f"{path}: combined runs do not record folds; label with one of its members")
    record = open_trained(path)
    every = tuple(range(record.num_folds))
    for folds in [(fold,) for fold in every] if by_fold else [every]:
        lesson = _lesson(record, folds, documents, options)
        yield replace(lesson, documents=_with_ids_of_fold(lesson.documents, folds[0])) if by_fold else lesson


def _lesson(
    record: TrainedRun, folds: tuple[int, ...], documents: Sequence[Document], options: PseudoOptions
) -> Lesson:
    recognizer = _recognizer(record, folds)
    found = recognizer.predict(documents, nbest=max(_PATHS, math.ceil(1 / (2 * options.unsure))))
    selected = [select_labels(document, options, recognizer.ensemble.nesting) for document in found]
    kept = [each for each in selected if each.confidence >= options.least_confidence]
    gold = _gold_documents(record, folds)
    if options.weight is None and gold is None:
        raise ConfigError(
            f"{record.path}: does not record how many documents its model was trained on; give the new ones a weight"
        )
    rule = weight_by_rule(gold, len(kept)) if gold and kept else None
    weight = options.weight or (rule[0] if rule else 1.0)
    counts = {label: counts.gold for label, counts in record.scores.counts.items()}
    labelled = weighed(kept, weight, counts, options)
    teachers = Teachers(record.folds.division, folds)
    return Lesson(teachers, labelled, len(selected) - len(kept), weight, rule[1:] if rule else None)


def _with_ids_of_fold(documents: Sequence[Document], fold: int) -> list[Document]:
    return [replace(each, id=f"{each.id}#fold-{fold}") for each in documents]


def _recognizer(record: TrainedRun, folds: tuple[int, ...]) -> NamedEntityRecognizer:
    if len(folds) == record.num_folds:
        return NamedEntityRecognizer.load(record.path)
    trainings = [training for training in record.folds.trainings if training.fold in folds]
    return NamedEntityRecognizer([NERModel.load(record.path / training.name / MODEL) for training in trainings])


def _gold_documents(record: TrainedRun, folds: tuple[int, ...]) -> int | None:
    """How many annotated documents the models of some folds learned from; None if an earlier version did not count."""
    held_out = record.held_out_in.values()
    learned = sum(len(folds) > 1 or folds[0] not in each for each in held_out)
    return learned + record.folds.further or None
