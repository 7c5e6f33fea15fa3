"""Descriptions of work that any process can run; an executor chooses the process."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.config import Config
from bert4ner.data.documents import write_documents
from bert4ner.entities import Document
from bert4ner.runs.layout import OUT_OF_FOLD, PREDICTIONS
from bert4ner.train.division import Fold, Place

logger = logging.getLogger(__name__)


class Task(ABC):
    """A piece of work, such as one fold with one seed. It can be pickled, and writes its result into its folder.

    Run again after a stop, it resumes and gives the same result.
    """

    folder: Path
    title: str
    """One line for the log when it begins."""

    @property
    def name(self) -> str:
        """The name in messages."""
        return self.folder.name

    @abstractmethod
    def run(self) -> None:
        """Run the task in the current process.

        Raises:
            Bert4NERError: the task failed.
        """


@dataclass(frozen=True)
class FoldTask(Task):
    """Fit one model, then predict its held-out documents with the best epoch."""

    folder: Path
    title: str
    documents: Fold
    config: Config
    callbacks: Sequence[Any] = ()
    """Keras callbacks in addition to the library's own."""
    place: Place = Place()  # noqa: RUF009  (frozen)
    """Its position among the other tasks."""

    def run(self) -> None:
        """Fits the model, predicts the held-out documents with the best epoch and writes the predictions."""
        if self.place.first:  # before the imports, which take their time, too
            logger.info("building the network; the first epoch takes longest")
        from bert4ner.models.prediction import predict_documents  # deferred: a task is described without TensorFlow
        from bert4ner.train.fit import fit_best

        place, callbacks = self.place, self.callbacks
        best = fit_best(self.documents, self.config, folder=self.folder, callbacks=callbacks, place=place)
        found = predict_documents([best], self.documents.held_out)
        write_documents(found, self.folder / PREDICTIONS, "jsonl")  # last: it makes the fold complete


@dataclass(frozen=True)
class AverageTask(Task):
    """Predict each document with all its out-of-fold models together: the run's out_of_fold.jsonl."""

    folder: Path
    """The folder of the run."""
    title: str
    models: Sequence[Path]
    """The model folders."""
    documents: Sequence[Document]
    unseen_by: Sequence[tuple[int, ...]]
    """For each document, the places in `models` of its out-of-fold models."""

    def run(self) -> None:
        """Predicts, one group of models after the other, and writes the documents in their order."""
        from bert4ner.models.ner_model import NERModel  # deferred: a task is described without TensorFlow
        from bert4ner.models.prediction import predict_documents

        models = [NERModel.load(folder) for folder in self.models]
        found: dict[int, Document] = {}  # place in `documents` -> the document with its predictions
        for choice in sorted(set(self.unseen_by)):
            places = [place for place, each in enumerate(self.unseen_by) if each == choice]
            together = predict_documents([models[n] for n in choice], [self.documents[place] for place in places])
            found.update(zip(places, together, strict=True))
        write_documents([found[place] for place in sorted(found)], self.folder / OUT_OF_FOLD, "jsonl")
