"""What every recognizer can do: the abstract class above `NamedEntityRecognizer` and the one of combined runs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError, RunError
from bert4ner.given import check_many

_SHOWN = 5  # labels in a repr


class Recognizer(ABC):
    """What every recognizer can do, one of a run as well as one of several runs combined."""

    path: Path | None = None
    """The folder that it was loaded from, if it was."""
    precision: str | None = None
    """The arithmetic that was asked for then."""

    def __repr__(self) -> str:
        place = "" if self.path is None else f"{str(self.path)!r}: "
        labels = ", ".join(self.labels[:_SHOWN]) + (", …" if len(self.labels) > _SHOWN else "")
        return f"{self.name}({place}{self._parts()}; {len(self.labels)} labels: {labels})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, or copied, as its folder, which is loaded again: networks cannot be."""
        if self.path is None:
            raise RunError(f"{self!r} was not loaded from a folder, and only a folder's path can be pickled or copied")
        return partial(type(self).load, precision=self.precision), (self.path,)

    @classmethod
    @abstractmethod
    def load(cls, path: str | Path, *, precision: str | None = None) -> "Recognizer":
        """Load what a folder has; see the classes."""

    @property
    def name(self) -> str:
        """What the class is called."""
        return type(self).__name__

    @abstractmethod
    def _parts(self) -> str:
        """What it recognizes with, in a few words."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The labels that can be recognized, sorted."""

    @abstractmethod
    def predict(self, documents: Iterable[Document], *, batch_tokens: int = 8192, nbest: int = 1) -> Iterator[Document]:
        """The documents with predicted entities in place of their own, in order, in constant memory.

        Args:
            documents: texts to read; may be a generator.
            batch_tokens: tokens in one batch, padding counted.
            nbest: above 1, candidates instead of one answer: more is found, less of it is right, and it may overlap.
                A head that decodes sequences (crf, softmax, span) gives what is on any of its so many best paths, one
                that scores spans those with a probability above 1 / (2 nbest), where it decides on several things for
                a span each of them. Scores are probabilities as ever.

        Raises:
            ConfigError: `nbest` is below 1, or above it for runs that were combined.
            DataError: one string instead of documents, or something that is no document.
        """

    def recognize(self, text: str, *, nbest: int = 1) -> list[Entity]:
        """The entities of one text, in characters of that text, sorted; `nbest` as for `predict`.

        Raises:
            DataError: the text holds NUL or an unpaired surrogate.
        """
        return next(self.recognize_all([text], nbest=nbest))

    def recognize_all(
        self, texts: Iterable[str], *, batch_tokens: int = 8192, nbest: int = 1
    ) -> Iterator[list[Entity]]:
        """The entities of each text, in order; texts are read as results are asked for.

        Where a text is bad, or reading `texts` fails, the entities of those before come first, then the error.

        Args:
            texts: texts to read; may be a generator.
            batch_tokens: tokens in one batch, padding counted.
            nbest: as for `predict`.

        Raises:
            DataError: one string instead of several; or a text is none, or holds NUL or an unpaired surrogate.
        """
        check_many(texts, "texts")
        return self._recognized(texts, batch_tokens, nbest)

    def _recognized(self, texts: Iterable[str], batch_tokens: int, nbest: int) -> Iterator[list[Entity]]:
        documents = (Document(f"text {number}", text) for number, text in zip(count(1), texts, strict=False))
        for document in self.predict(documents, batch_tokens=batch_tokens, nbest=nbest):
            yield list(document.entities)


def check_nbest(nbest: int) -> None:
    """Refuse a number of best paths below 1.

    Raises:
        ConfigError: as said.
    """
    if nbest < 1:
        raise ConfigError(f"nbest must be at least 1, got {nbest}")
