"""Search for the options of a training: what is searched, on which documents, and the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bert4ner.config import Config
from bert4ner.entities import Document, sorted_labels
from bert4ner.errors import Bert4NERError
from bert4ner.runs.folds import fingerprint
from bert4ner.runs.lock import held
from bert4ner.train.checks import check_training
from bert4ner.train.console import log_to_console
from bert4ner.train.crossval import cross_validate, train_model
from bert4ner.train.executors.base import Executor, open_executor
from bert4ner.tuning.loop import Loop
from bert4ner.tuning.options import TuningOptions
from bert4ner.tuning.sampler import check_optuna
from bert4ner.tuning.space import Choice, Space, Value, check_search, default_space
from bert4ner.tuning.trials import BEST, Search, Trial, best_of, open_search


@dataclass(frozen=True)
class Tuning:
    """A finished search."""

    output: Path
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The trial with the highest F1 on its held-out documents."""
        return best_of(self.trials)

    @property
    def config(self) -> Path:
        """The file with all options of the best trial, for ``--config`` and `Config.load`."""
        return self.output / BEST


def tune(
    documents: Sequence[Document],
    config: Config,
    *,
    output: str | Path,
    valid: Sequence[Document] | None = None,
    options: TuningOptions = TuningOptions(),  # noqa: B008  (frozen)
    executor: str | Executor = "local",
    verbose: int = 1,
) -> Tuning:
    """Train with different options and keep the best ones, by micro F1 on held-out documents.

    The first trial has the options as they are. Later ones draw new values: at random at first, then more often near
    those of good trials. All trials hold out the same documents. The best of many trials on them is better there than
    elsewhere, so score it on other documents. Called again, it continues where it was stopped, perhaps to more trials.

    Args:
        documents: annotated documents.
        config: the options that all trials share.
        output: a folder; receives trials.jsonl, best.toml, and the runs of the first and of the best trial.
        valid: documents to score each epoch on; by default a share of `documents`.
        options: what is searched, in how many trials, and how each is scored.
        executor: where models train; see `cross_validate`.
        verbose: 0 shows no lines about trials and epochs.

    Raises:
        ConfigError: an option or a value to be searched is invalid, or `valid` with ``folds``; or see `train_model`.
        EnvironmentProblem: Optuna is not installed.
        DataError, CheckpointError: see `train_model`.
        RunError: `output` holds something else; the first trial failed, or two failed one after the other.

    Example:
        >>> import bert4ner
        >>> config = bert4ner.Config(pretrained="tcm-mini", epochs=1)
        >>> options = bert4ner.TuningOptions(trials=2, search=("head=crf|softmax",))
        >>> documents = bert4ner.sample_documents()
        >>> found = bert4ner.tune(documents, config, output="runs/tune", options=options, verbose=0)
        >>> [dict(trial.options) for trial in found.trials]
        [{'head': 'crf'}, {'head': 'softmax'}]

    References:
        Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization (the draws); Golovin et al. 2017, Google
        Vizier, section 3.2.2 (which trials stop early).
    """
    check_optuna()
    opened = open_executor(executor)
    asked = check_search(options, config, valid=valid is not None)
    with log_to_console(verbose):
        check_training(documents, config, valid)
        _check_choices(asked, documents, config, valid)
        rates = _rates(documents, config)
        space = asked or default_space(config, **rates)
        described = _described(documents, config, valid, space, options)
        with held(Path(output)):
            trials = open_search(Path(output), described)
            train = partial(train_model, documents, valid=valid)
            if options.folds:
                train = partial(cross_validate, documents, folds=options.folds)
            trained = partial(train, executor=opened, verbose=verbose)
            work = Loop(Path(output), described, options, trained, _first(space, config, rates))
            return Tuning(Path(output), work.complete(trials))


def _check_choices(
    space: Space, documents: Sequence[Document], config: Config, valid: Sequence[Document] | None
) -> None:
    """Refuse a value that would fail whenever it is drawn, such as an encoder that is not there."""
    for name, values in space.items():
        for value in values.values if isinstance(values, Choice) else ():
            try:
                check_training(documents, config.replace(**{name: value}), valid)
            except Bert4NERError as error:
                raise type(error)(f"search of {name}={value}: {error}") from None


def _rates(documents: Sequence[Document], config: Config) -> dict[str, float]:
    """The learning rates of encoder and head, `auto` resolved."""
    from bert4ner.models.blueprint import Blueprint  # deferred: they load TensorFlow
    from bert4ner.models.builder import open_encoder, open_reading
    from bert4ner.train.rates import learning_rates

    pretrained = open_encoder(config)
    labels = sorted_labels(list(documents))
    reading = open_reading(Blueprint.of(config, labels, pretrained.config, pretrained.vocabulary))
    rates = learning_rates(config, pretrained.config, reading.passes)
    return {"learning_rate": rates.encoder, "head_learning_rate": rates.head}


def _first(space: Space, config: Config, rates: Mapping[str, float]) -> dict[str, Value]:
    """The values that the given options have in the search; those that it would not draw are left out."""
    given = config.options()
    given.update(
        {name: rate for name, rate in rates.items() if given[name] == "auto" and "auto" not in space.get(name, ())}
    )
    return {name: given[name] for name, values in space.items() if given[name] in values}


def _described(
    documents: Sequence[Document],
    config: Config,
    valid: Sequence[Document] | None,
    space: Space,
    options: TuningOptions,
) -> Search:
    other = None if valid is None else fingerprint(valid)
    return Search(fingerprint(documents), other, config, space, options.folds, options.prune)
