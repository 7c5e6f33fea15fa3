"""What is to be trained, as a description that any process can take up; which process does is an executor's to say."""

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


class Task(ABC):
    """A piece of work: a fold, a seed of it, later a trial. It can be pickled, and leaves its result in its folder.

    Done again after it was stopped, it goes on and leaves the same result.
    """

    folder: Path
    title: str
    """One line for the log when it begins."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.folder.name

    @abstractmethod
    def run(self) -> None:
        """Do it, in whatever process.

        Raises:
            Bert4NERError: it cannot be done.
        """


@dataclass(frozen=True)
class FoldTask(Task):
    """Train on some documents, then predict those held out with the best epoch."""

    folder: Path
    title: str
    documents: Fold
    config: Config
    callbacks: Sequence[Any] = ()
    """Keras callbacks beside the library's own."""
    place: Place = Place()  # noqa: RUF009  (frozen)
    """Among the other tasks."""

    def run(self) -> None:
        """Trains, predicts the held-out documents with the best epoch and writes what was found."""
        from bert4ner.models.prediction import predict_documents  # deferred: a task is described without TensorFlow
        from bert4ner.train.fit import fit_best

        place, callbacks = self.place, self.callbacks
        best = fit_best(self.documents, self.config, folder=self.folder, callbacks=callbacks, place=place)
        found = predict_documents([best], self.documents.held_out)
        write_documents(found, self.folder / PREDICTIONS, "jsonl")  # last: it makes the fold complete


@dataclass(frozen=True)
class AverageTask(Task):
    """Predict documents, each by all models together that were not trained on it: the run's out_of_fold.jsonl."""

    folder: Path
    """That of the run."""
    title: str
    models: Sequence[Path]
    """The model folders."""
    documents: Sequence[Document]
    unseen_by: Sequence[tuple[int, ...]]
    """For each document the places in `models` of those that speak about it."""

    def run(self) -> None:
        """Predicts, choice of models by choice, and writes the documents in their order."""
        from bert4ner.models.ner_model import NERModel  # deferred: a task is described without TensorFlow
        from bert4ner.models.prediction import predict_documents

        models = [NERModel.load(folder) for folder in self.models]
        found: dict[int, Document] = {}  # place in `documents` -> with what was found in it
        for choice in sorted(set(self.unseen_by)):
            places = [place for place, each in enumerate(self.unseen_by) if each == choice]
            together = predict_documents([models[n] for n in choice], [self.documents[place] for place in places])
            found.update(zip(places, together, strict=True))
        write_documents([found[place] for place in sorted(found)], self.folder / OUT_OF_FOLD, "jsonl")
