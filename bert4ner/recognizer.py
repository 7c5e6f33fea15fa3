"""Text in, entities out: `NamedEntityRecognizer` over one model, one fold or a whole run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bert4ner.decode.readings import Reading
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.given import check_many
from bert4ner.models.ensemble import Ensemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents, predict_readings
from bert4ner.recognizing import Recognizer, check_nbest
from bert4ner.runs.layout import LABELS, is_combination, is_trained, model_folder
from bert4ner.runs.record import TrainedRun, open_trained


class NamedEntityRecognizer(Recognizer):
    """Recognizes entities in texts of any length, any number of them, in constant memory.

    Where the head decodes sequences (crf, softmax, span) it is a `ViterbiDecoder`, too, over the transitions of its
    models; several models (the folds of a run) are averaged in emissions and transitions. Scores are exact marginals:
    the probability that precisely this span with this label is right, as far as the model knows. Of models whose heads
    score spans one by one these scores are averaged, and entities may be nested.

    Args:
        models: one or more models with the same labels, scheme, vocabulary, windows and kind of head.

    Raises:
        RunError: there is none, or the models disagree in one of these.

    Example:
        ner = NamedEntityRecognizer.load("runs/tcm")
        ner.recognize("本品用于气血两亏引起的月经量少")
    """

    def __new__(cls, models: Sequence[NERModel]) -> "NamedEntityRecognizer":
        """One that is a `ViterbiDecoder` as well, if the models' head tags."""
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
        """The models that recognize together."""
        return self.ensemble.models

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that can be recognized, sorted."""
        return self.models[0].labels

    @classmethod
    def load(cls, path: str | Path, *, precision: str | None = None) -> "NamedEntityRecognizer":
        """Load a run (all its folds), one fold's folder, or one model folder.

        Args:
            path: one of these folders.
            precision: arithmetic of the encoder in this process, e.g. "float32"; by default what the run's option
                says, where "auto" means what suits the machine at hand, not the one that trained.

        Raises:
            RunError: the run lacks a fold, its labels differ from its models', or it was combined of others, which
                `bert4ner.load_recognizer` loads.
            CheckpointError: a model folder is missing, damaged or inconsistent.
        """
        path = Path(path)
        if is_combination(path):
            raise RunError(f"{path}: several runs combined, not one; load it with bert4ner.load_recognizer")
        if is_trained(path):
            models = _load_run(open_trained(path), precision)
            try:
                loaded = cls(models)
            except RunError as error:
                raise RunError(f"{path}: its folds do not belong together, {error}") from None
        else:
            loaded = cls([NERModel.load(model_folder(path), precision=precision)])
        loaded.path, loaded.precision = path.absolute(), precision
        return loaded

    def predict(self, documents: Iterable[Document], *, batch_tokens: int = 8192, nbest: int = 1) -> Iterator[Document]:
        """See `Recognizer.predict`."""
        check_many(documents, "documents")
        check_nbest(nbest)
        return predict_documents(self.ensemble, documents, batch_tokens=batch_tokens, nbest=nbest)

    def readings(self, text: str, n: int) -> list[Reading]:
        """At most n ways to read a text as a whole, the likeliest first, each with its probability.

        They are the n best paths of tags, exactly; a text of several windows is read by the n likeliest choices of one
        path for each, as if windows were independent. `bert4ner.merge_readings` sums them up by entity.

        Raises:
            ConfigError: n is below 1, or the head does not tag tokens.
            DataError: the text holds NUL or an unpaired surrogate.
        """
        check_nbest(n)
        return predict_readings(self.ensemble, Document("text", text), n)


class _PathRecognizer(NamedEntityRecognizer, ViterbiDecoder):
    """A recognizer whose head decodes sequences, with its transitions, starts and ends at hand."""

    def __init__(self, models: Sequence[NERModel]):
        super().__init__(models)
        decoder = self.ensemble.decoder
        assert isinstance(decoder, ViterbiDecoder)  # as `__new__` saw
        ViterbiDecoder.__init__(self, decoder.transitions, decoder.starts, decoder.ends)


def _check_alike(first: NERModel, model: NERModel) -> None:
    """Refuse models that cannot be averaged.

    Raises:
        RunError: naming what differs.
    """
    read, also_read = first.reading.to_dict(), model.reading.to_dict()
    for what, one, other in (
        ("labels", first.labels, model.labels),
        ("kinds of head", first.head.kind, model.head.kind),
        ("option nesting", first.head.nesting, model.head.nesting),
        ("scheme", first.config.model.scheme, model.config.model.scheme),
        *((what, read.get(what), also_read.get(what)) for what in {**read, **also_read}),
        ("windows", first.config.windows, model.config.windows),
        ("vocabulary", first.vocabulary.tokens, model.vocabulary.tokens),
    ):
        if one != other:
            raise RunError(f"models cannot be averaged: their {what} differ")


def _load_run(run: TrainedRun, precision: str | None) -> list[NERModel]:
    labels, models = run.labels, []
    for training, folder in zip(run.folds.trainings, run.model_folders(), strict=True):
        model = NERModel.load(folder, precision=precision)
        if list(model.labels) != labels:
            raise RunError(
                f"{run.path}: {LABELS} lists {', '.join(labels)}, but the model of {training} was trained for "
                f"{', '.join(model.labels)}; the run is mixed up, restore {LABELS}"
            )
        models.append(model)
    return models
