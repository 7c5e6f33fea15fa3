"""Text in, entities out: `NamedEntityRecognizer` over one model, one fold or a whole run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bert4ner.decode.readings import Reading
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Document
from bert4ner.errors import CheckpointError, RunError
from bert4ner.given import check_many
from bert4ner.models.ensemble import Ensemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents, predict_readings
from bert4ner.recognizing import Recognizer, check_nbest
from bert4ner.runs.layout import LABELS, is_combination, is_run, is_trained, model_folder
from bert4ner.runs.missing import not_a_run
from bert4ner.runs.record import TrainedRun, open_trained


class NamedEntityRecognizer(Recognizer):
    """Recognizes entities in texts of any length, any number of them, in constant memory.

    If the head decodes sequences (crf, softmax, span), the recognizer is also a `ViterbiDecoder` over its models'
    transitions. Several models (the folds of a run) are averaged in emissions and transitions. Scores are marginals:
    the probability, according to the model, that exactly this span with this label is right. If the heads score single
    spans, these scores are averaged, and entities may be nested.

    Args:
        models: one or more models with the same labels, scheme, vocabulary, windows and kind of head.

    Raises:
        RunError: the list is empty, or the models differ in one of these.

    Example:
        >>> import bert4ner
        >>> ner = bert4ner.NamedEntityRecognizer.load("runs/sample")  # see `cross_validate`
        >>> entities = ner.recognize("本品用于气血两亏引起的月经量少")
        >>> all(entity.label in ner.labels for entity in entities)
        True

    References:
        Lafferty et al. 2001, Conditional random fields: emissions, transitions and marginals.
    """

    def __new__(cls, models: Sequence[NERModel]) -> "NamedEntityRecognizer":
        """An instance that is a `ViterbiDecoder`, too, if the models' head tags."""
        if cls is NamedEntityRecognizer and models and isinstance(models[0].head.decoder(), ViterbiDecoder):
            return object.__new__(_PathRecognizer)
        return object.__new__(cls)

    def __init__(self, models: Sequence[NERModel]):
        if not models:
            raise RunError("no models to recognize with; expected at least one")
        for model in models[1:]:
            _check_alike(models[0], model)
        self.ensemble = Ensemble.of(models)

    @property
    def name(self) -> str:
        """The name of the public class."""
        return NamedEntityRecognizer.__name__

    def _parts(self) -> str:
        first, number = self.models[0], len(self.models)
        return f"{number} model{'s' if number > 1 else ''}, head {first.config.head}"

    @property
    def models(self) -> tuple[NERModel, ...]:
        """The models whose outputs are averaged."""
        return self.ensemble.models

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the models predict, sorted."""
        return self.models[0].labels

    @classmethod
    def load(cls, path: str | Path, *, precision: str | None = None, verify: bool = True) -> "NamedEntityRecognizer":
        """Load a run (all its folds), one fold's folder, or one model folder.

        Args:
            path: one of these folders.
            precision: arithmetic of the encoder in this process, e.g. "float32"; by default the run's option, where
                "auto" chooses for this machine, not for the one that trained.
            verify: compare the files of each model with its manifest (sizes, SHA-256) first.

        Raises:
            RunError: a fold of the run is missing, its labels differ from its models', or it is a combination, which
                `bert4ner.load_recognizer` loads.
            CheckpointError: a model folder is missing, damaged or inconsistent.
        """
        path = Path(path)
        if is_combination(path):
            raise RunError(f"{path}: a combination of several runs; load it with bert4ner.load_recognizer")
        if is_trained(path):
            models = _load_run(open_trained(path), precision, verify=verify)
            try:
                loaded = cls(models)
            except RunError as error:
                raise RunError(f"{path}: its folds do not belong together, {error}") from None
        elif not is_run(path):
            raise CheckpointError(not_a_run(path))
        else:
            loaded = cls([NERModel.load(model_folder(path), precision=precision, verify=verify)])
        loaded.path, loaded.precision, loaded.verify = path.absolute(), precision, verify
        return loaded

    def predict(self, documents: Iterable[Document], *, batch_tokens: int = 8192, nbest: int = 1) -> Iterator[Document]:
        """See `Recognizer.predict`."""
        check_many(documents, "documents")
        check_nbest(nbest)
        return predict_documents(self.ensemble, documents, batch_tokens=batch_tokens, nbest=nbest)

    def readings(self, text: str, n: int) -> list[Reading]:
        """The n most probable readings of a text at most, each with its probability.

        They are exactly the n best paths of tags. For a text of several windows they are the n most probable choices of
        one path per window, as if windows were independent. `bert4ner.merge_readings` sums them up by entity.

        Raises:
            ConfigError: n is below 1, or the head does not tag tokens.
            DataError: the text holds NUL or an unpaired surrogate.
        """
        check_nbest(n)
        return predict_readings(self.ensemble, Document("text", text), n)


class _PathRecognizer(NamedEntityRecognizer, ViterbiDecoder):
    """A recognizer whose head decodes sequences; it exposes transitions, starts and ends."""

    def __init__(self, models: Sequence[NERModel]):
        super().__init__(models)
        decoder = self.ensemble.decoder
        assert isinstance(decoder, ViterbiDecoder)  # checked by `__new__`
        ViterbiDecoder.__init__(self, decoder.transitions, decoder.starts, decoder.ends)


def _check_alike(first: NERModel, model: NERModel) -> None:
    """Refuse models that cannot be averaged.

    Raises:
        RunError: naming the difference.
    """
    read, also_read = first.reading.to_dict(), model.reading.to_dict()
    kind = first.config.windows.tokens
    for what, one, other in (
        ("labels", first.labels, model.labels),
        ("kinds of head", first.head.kind, model.head.kind),
        ("option nesting", first.head.nesting, model.head.nesting),
        ("scheme", first.config.model.scheme, model.config.model.scheme),
        *((what, read.get(what), also_read.get(what)) for what in {**read, **also_read}),
        ("windows", first.config.windows, model.config.windows),
        ("vocabulary", first.vocabulary.identity(kind), model.vocabulary.identity(kind)),
    ):
        if one != other:
            raise RunError(f"models cannot be averaged: their {what} differ")


def _load_run(run: TrainedRun, precision: str | None, *, verify: bool) -> list[NERModel]:
    labels, models = run.labels, []
    for training, folder in zip(run.folds.trainings, run.model_folders(), strict=True):
        model = NERModel.load(folder, precision=precision, verify=verify)
        if list(model.labels) != labels:
            raise RunError(
                f"{run.path}: {LABELS} lists {', '.join(labels)}, but the model of {training.name} was trained for "
                f"{', '.join(model.labels)}; the run is mixed up, restore {LABELS}"
            )
        models.append(model)
    return models
