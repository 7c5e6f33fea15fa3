"""The abstract base class of all recognizers: `NamedEntityRecognizer` and the one of combined runs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from bert4ner.entities import Document, Entity
from bert4ner.errors import Bert4NERError, ConfigError, DataError, RunError, received
from bert4ner.given import check_many

_SHOWN = 5  # labels in a repr


class Recognizer(ABC):
    """The interface of every recognizer, of one run or of several combined runs."""

    path: Path | None = None
    """The folder that it was loaded from, if any."""
    precision: str | None = None
    """The arithmetic that was requested when it was loaded."""
    verify: bool = True
    """Whether its files were compared with their manifests when it was loaded."""

    def __repr__(self) -> str:
        place = "" if self.path is None else f"{str(self.path)!r}: "
        labels = ", ".join(self.labels[:_SHOWN]) + (", …" if len(self.labels) > _SHOWN else "")
        return f"{self.name}({place}{self._parts()}; {len(self.labels)} labels: {labels})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles and copies hold the path of the folder and load it again: networks cannot be pickled.

        Where it cannot be loaded, the recognizer says why when it is first used.
        """
        if self.path is None:
            raise RunError(f"{self!r} was not loaded from a folder, and only a folder's path can be pickled or copied")
        return _load_again, (type(self), self.path, self.precision, self.verify)

    @classmethod
    @abstractmethod
    def load(cls, path: str | Path, *, precision: str | None = None, verify: bool = True) -> "Recognizer":
        """Load the recognizer from a folder; see the classes."""

    @property
    def name(self) -> str:
        """The name of the class."""
        return type(self).__name__

    @abstractmethod
    def _parts(self) -> str:
        """The parts of the recognizer, in a few words."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The labels that it predicts, sorted."""

    @abstractmethod
    def predict(self, documents: Iterable[Document], *, batch_tokens: int = 8192, nbest: int = 1) -> Iterator[Document]:
        """The documents with predicted entities in place of their own, in order, in constant memory.

        Args:
            documents: texts to read; may be a generator.
            batch_tokens: tokens in one batch, including padding.
            nbest: above 1, returns candidates instead of one answer: higher recall, lower precision, and overlaps are
                possible. A head that decodes sequences (crf, softmax, span) gives the entities on any of its n best
                paths; a head that scores spans gives those with a probability above 1 / (2 nbest), including all of its
                alternatives for a span. Scores remain probabilities.

        Raises:
            ConfigError: `nbest` is below 1, or above it for runs that were combined.
            DataError: one string instead of documents, or an item that is not a document.
        """

    def recognize(self, text: str, *, nbest: int = 1) -> list[Entity]:
        """The entities of one text, in characters of that text, sorted; `nbest` as for `predict`.

        Raises:
            DataError: it is no string, or holds NUL or an unpaired surrogate.
        """
        if not isinstance(text, str):
            raise DataError(
                f"expected one text as a string, got {received(text)}; "
                "recognize_all takes several texts, predict takes documents"
            )
        return next(self.recognize_all([text], nbest=nbest))

    def recognize_all(
        self, texts: Iterable[str], *, batch_tokens: int = 8192, nbest: int = 1
    ) -> Iterator[list[Entity]]:
        """The entities of each text, in order; texts are read as results are requested.

        If a text is invalid, or reading `texts` fails, the entities of earlier texts come first, then the error.

        Args:
            texts: texts to read; may be a generator.
            batch_tokens: tokens in one batch, including padding.
            nbest: as for `predict`.

        Raises:
            DataError: one string instead of several; an item is not a text, or contains NUL or an unpaired surrogate.
        """
        check_many(texts, "texts")
        return self._recognized(texts, batch_tokens, nbest)

    def _recognized(self, texts: Iterable[str], batch_tokens: int, nbest: int) -> Iterator[list[Entity]]:
        documents = (Document(f"text {number}", text) for number, text in zip(count(1), texts, strict=False))
        for document in self.predict(documents, batch_tokens=batch_tokens, nbest=nbest):
            yield list(document.entities)


class _NotLoaded(Recognizer):
    """A recognizer that could not be loaded where it was unpickled, and raises that error when it is used.

    If unpickling raised it, the worker of a pool would die of it before it has a task, and the pool wait for ever.
    """

    def __init__(self, kind: type[Recognizer], path: Path, precision: str | None, verify: bool, error: Bert4NERError):
        self.kind, self.path, self.precision, self.verify, self.error = kind, path, precision, verify, error

    def __repr__(self) -> str:
        return f"{self.kind.__name__}({self._parts()})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_again, (self.kind, self.path, self.precision, self.verify)

    @classmethod
    def load(cls, path: str | Path, *, precision: str | None = None, verify: bool = True) -> "Recognizer":
        """Only the recognizers of folders are loaded."""
        raise NotImplementedError

    def _parts(self) -> str:
        return f"{str(self.path)!r}: not loaded, {self.error}"

    @property
    def labels(self) -> tuple[str, ...]:
        raise self.error

    def predict(self, documents: Iterable[Document], *, batch_tokens: int = 8192, nbest: int = 1) -> Iterator[Document]:
        raise self.error


def _load_again(kind: type[Recognizer], path: Path, precision: str | None, verify: bool) -> Recognizer:
    """The recognizer of a pickle."""
    try:
        return kind.load(path, precision=precision, verify=verify)
    except Bert4NERError as error:
        return _NotLoaded(kind, path, precision, verify, error)


def check_nbest(nbest: int) -> None:
    """Refuse fewer than one best path.

    Raises:
        ConfigError: `nbest` is below 1.
    """
    if nbest < 1:
        raise ConfigError(f"nbest must be at least 1, got {nbest}")
