"""Recognizes entities with several runs at once; loads any recognizer: a model, a fold, a run, a combination."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bert4ner.combine.applying import score_candidates, select_entities
from bert4ner.combine.candidates import Evidence, voiced
from bert4ner.combine.probabilities import HELD_CELLS, average_probabilities, encode_shared
from bert4ner.entities import Document
from bert4ner.errors import ConfigError, RunError
from bert4ner.given import check_many
from bert4ner.models.prediction import CHUNK_BATCHES, document_chunks, predict_encoded
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.recognizing import Recognizer
from bert4ner.runs.combination import Combination
from bert4ner.runs.layout import is_combination
from bert4ner.runs.record import CombinedRun


class CombinedRecognizer(Recognizer):
    """Recognizes entities by the votes or the averaged probabilities of several recognizers.

    Args:
        members: at least one, all with the same labels; heads, encoders, vocabularies and windows may differ.
        combination: how to combine them; it has the same number of members.

    Raises:
        RunError: the members have different labels, or are not as many as in the combination.
    """

    def __init__(self, members: Sequence[NamedEntityRecognizer], combination: Combination):
        if len(members) != len(combination.names):
            raise RunError(f"expected the {len(combination.names)} members of the combination, got {len(members)}")
        for name, member in zip(combination.names, members, strict=True):
            if member.labels != members[0].labels:
                raise RunError(
                    f"members must have the same labels: {combination.names[0]} has {', '.join(members[0].labels)}, "
                    f"{name} {', '.join(member.labels)}"
                )
        self.members = tuple(members)
        self.combination = combination

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the members, which are the same for all."""
        return self.members[0].labels

    @classmethod
    def load(cls, path: str | Path, *, precision: str | None = None, verify: bool = True) -> "CombinedRecognizer":
        """Load a run that `combine_runs` made.

        Args:
            path: the folder of the run.
            precision: see `NamedEntityRecognizer.load`.
            verify: see there.

        Raises:
            RunError: combination.json or a member is missing, damaged or not of this version.
            CheckpointError: a model in it is missing, damaged or not of this version.
        """
        run = CombinedRun(Path(path))
        members = [load_together(folders, precision=precision, verify=verify) for folders in run.member_folders()]
        loaded = cls(members, run.combination)
        loaded.path, loaded.precision, loaded.verify = Path(path).absolute(), precision, verify
        return loaded

    def _parts(self) -> str:
        return f"{len(self.members)} members by {self.combination.method}"

    def predict(self, documents: Iterable[Document], *, batch_tokens: int = 8192, nbest: int = 1) -> Iterator[Document]:
        """As `Recognizer.predict`, but `nbest` was fixed when runs were combined: other values raise ConfigError."""
        check_many(documents, "documents")
        if nbest != 1:
            raise ConfigError(
                "the number of best paths of a combined run is fixed when runs are combined "
                f"(combine --nbest {self.combination.rule.nbest}); leave nbest out"
            )
        return self._predict(documents, batch_tokens)

    def _predict(self, documents: Iterable[Document], batch_tokens: int) -> Iterator[Document]:
        for chunk in document_chunks(documents, characters=self._chunk_characters(batch_tokens)):
            gather = self._votes if self.combination.method == "vote" else self._probabilities
            for evidence in gather(chunk, batch_tokens):
                yield select_entities(self.combination, score_candidates(self.combination, evidence))

    def _votes(self, documents: Sequence[Document], batch_tokens: int) -> Iterator[Evidence]:
        predicted = [
            list(predict_encoded(member.ensemble, documents, encoded, batch_tokens=batch_tokens))
            for member, encoded in zip(self.members, encode_shared(self.members, documents), strict=True)
        ]
        for each in zip(*predicted, strict=True):
            yield voiced(each[0], [found.entities for found in each])

    def _probabilities(self, documents: Sequence[Document], batch_tokens: int) -> Iterator[Evidence]:
        nbest, rescorer = self.combination.rule.nbest, self.combination.rescorer
        found = average_probabilities(
            self.members,
            documents,
            batch_tokens=batch_tokens,
            nbest=nbest,
            gazetteer=None if rescorer is None else rescorer.gazetteer,
        )
        for document, (candidates, probabilities) in zip(documents, found, strict=True):
            yield Evidence(Document(document.id, document.text, tuple(candidates)), probabilities)

    def _chunk_characters(self, batch_tokens: int) -> int:
        """Enough documents for sorting by length, but few enough to keep the models' outputs in memory."""
        wanted = CHUNK_BATCHES * batch_tokens
        if self.combination.method == "vote":
            return wanted
        lengths = [(member, member.models[0].windows.max_length) for member in self.members]
        dearest = max(len(member.models) * member.models[0].cells(length) / length for member, length in lengths)
        return min(wanted, max(batch_tokens // 2, int(HELD_CELLS / dearest)))


def load_together(runs: Sequence[Path], *, precision: str | None = None, verify: bool = True) -> NamedEntityRecognizer:
    """One recognizer with all models of some runs, run by run, averaged like the folds of one run.

    Raises:
        RunError: their models cannot be averaged.
        CheckpointError, RunError: see `NamedEntityRecognizer.load`.
    """
    loaded = [NamedEntityRecognizer.load(run, precision=precision, verify=verify) for run in runs]
    if len(loaded) == 1:
        return loaded[0]
    try:
        return NamedEntityRecognizer([model for each in loaded for model in each.models])
    except RunError as error:
        names = ", ".join(str(run) for run in runs)
        raise RunError(f"{names}: have the same head, but their {error}; combine them without --by-kind") from None


def load_recognizer(path: str | Path, *, precision: str | None = None, verify: bool = True) -> Recognizer:
    """Load a recognizer: a combination, a run (all its folds), a fold folder or a model folder.

    Args:
        path: one of these folders.
        precision: arithmetic of the encoder in this process; see `NamedEntityRecognizer.load`.
        verify: compare the files of each model with its manifest first.

    Raises:
        RunError, CheckpointError: see `CombinedRecognizer.load` and `NamedEntityRecognizer.load`.

    Example:
        >>> import bert4ner
        >>> ner = bert4ner.load_recognizer("runs/sample")  # see `cross_validate`
        >>> [len(list(ner.recognize_all(["人参治头痛", "当归补血"])))]
        [2]
    """
    if is_combination(Path(path)):
        return CombinedRecognizer.load(path, precision=precision, verify=verify)
    return NamedEntityRecognizer.load(path, precision=precision, verify=verify)
