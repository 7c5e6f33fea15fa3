"""Search for the options of a training: draw some, train, score on held-out documents, and draw again."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bert4ner.config import Config
from bert4ner.data.durable import remove_folder, remove_left_overs
from bert4ner.entities import Document
from bert4ner.errors import ConfigError, RunError
from bert4ner.runs.files import write_text
from bert4ner.runs.folds import fingerprint
from bert4ner.runs.history import read_history
from bert4ner.runs.layout import HISTORY, fold_name
from bert4ner.runs.lock import held
from bert4ner.scoring.metrics import Scores
from bert4ner.train.callbacks.behind import Field, StopBehind
from bert4ner.train.checks import check_training
from bert4ner.train.console import log_to_console
from bert4ner.train.crossval import cross_validate, train_model
from bert4ner.train.executors.base import Executor, open_executor
from bert4ner.tuning.options import TuningOptions
from bert4ner.tuning.sampler import check_optuna, draw
from bert4ner.tuning.space import Space, Value, default_space, read_space
from bert4ner.tuning.trials import BEST, SEARCH, TRIALS, Search, Trial, best_of, open_search, write_trials

logger = logging.getLogger(__name__)


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
    if valid is not None and options.folds:
        raise ConfigError("folds already hold out every document once; leave out valid or folds")
    opened = open_executor(executor)
    asked = read_space(options.search, config)
    with log_to_console(verbose):
        check_training(documents, config, valid)
        space = asked or _default_space(config)
        gold = fingerprint([*documents, *(valid or ())])
        with held(Path(output)):
            folder = Path(output)
            trials = open_search(folder, Search(gold, config, space, options.folds, options.prune))
            train = partial(train_model, documents, valid=valid)
            if options.folds:
                train = partial(cross_validate, documents, folds=options.folds)
            alone = options.folds is None and config.run.seeds == 1
            work = _Trials(folder, config, space, options, partial(train, executor=opened, verbose=verbose), alone)
            return Tuning(folder, work.complete(trials))


def _default_space(config: Config) -> Space:
    from bert4ner.models.builder import open_encoder  # deferred: it loads TensorFlow
    from bert4ner.train.rates import learning_rates

    rates = learning_rates(config, open_encoder(config).config)
    return default_space(config, encoder=rates.encoder, head=rates.head)


@dataclass(frozen=True)
class _Trials:
    """The trials of a search to complete: where, from which options, and how one is trained."""

    folder: Path
    config: Config
    space: Space
    options: TuningOptions
    train: Callable[..., Scores]
    alone: bool
    """Whether a trial trains one model, whose epochs can be compared."""

    def complete(self, trials: Sequence[Trial]) -> tuple[Trial, ...]:
        """Train the missing ones."""
        done = list(trials)
        self._tidy(done)
        while (trial := self._next(done)) is not None:
            write_trials(self.folder, [*done, trial])
            given = ", ".join(f"{name}={value}" for name, value in trial.options.items()) or "the given options"
            logger.info("trial %d of %d: %s", trial.number, self.options.trials, given)
            done.append(self._tried(trial, done))
            write_trials(self.folder, done)
            self._tidy(done)
            logger.info("trial %d of %d: %s", trial.number, self.options.trials, _outcome(done))
        return tuple(done)

    def _next(self, done: list[Trial]) -> Trial | None:
        """The trial that was begun, or a new one; None if there are enough, or nothing is left to try."""
        if done and done[-1].state == "begun":
            return done.pop()
        if len(done) >= self.options.trials:
            return None
        drawn = draw(self.space, done, seed=self.config.run.seed) if done else self._as_given()
        if drawn is None:
            logger.info("everything in the search was tried, in %d trials", len(done))
            return None
        return Trial(len(done) + 1, drawn, "begun")

    def _as_given(self) -> dict[str, Value]:
        """The values of the searched options that all trials share, those that the search would not draw left out."""
        given = self.config.options()
        return {name: given[name] for name, values in self.space.items() if given[name] in values}

    def _tried(self, trial: Trial, before: Sequence[Trial]) -> Trial:
        """The trial with its outcome."""
        run, started = self.folder / trial.name, time.perf_counter()
        config = self.config.replace(**trial.options)
        epochs = config.optimization.epochs
        field = Field(tuple(each.epochs for each in before if each.epochs), patience=epochs // 4)
        compared = self.alone and self.options.prune
        values = self._epochs(run)
        if compared and len(values) < epochs and field.leaves_behind(values):  # its process was killed at that moment
            return replace(trial, state="stopped", f1=max(values), epochs=values)
        try:
            callbacks = [StopBehind(field, values)] if compared else []
            scores = self.train(config, output=run, callbacks=callbacks)
        except (ConfigError, RunError) as error:
            if not before or (isinstance(error, RunError) and before[-1].state == "failed"):
                raise
            logger.warning("trial %d of %d failed: %s", trial.number, self.options.trials, error)
            return replace(trial, state="failed", reason=str(error))
        values = self._epochs(run)
        stopped = compared and len(values) < epochs and field.leaves_behind(values)
        seconds = round(time.perf_counter() - started, 1)
        outcome = replace(trial, state="complete", f1=scores.micro.f1, epochs=values, seconds=seconds)
        return replace(outcome, state="stopped") if stopped else outcome

    def _epochs(self, run: Path) -> tuple[float, ...]:
        """F1 after each epoch that a trial's only model has done so far."""
        fold = run / fold_name(0)
        if not self.alone or not (fold / HISTORY).is_file():
            return ()
        return tuple(line["f1"] for line in read_history(fold))

    def _tidy(self, done: Sequence[Trial]) -> None:
        """Keep the options of the best trial, and only the runs that are wanted."""
        remove_left_overs(self.folder, {SEARCH, TRIALS, BEST})
        finished = [each for each in done if each.state != "begun"]
        if not finished:
            return
        best = best_of(finished)
        write_text(self.folder / BEST, self.config.replace(**best.options).to_toml())
        for each in finished:
            wanted = self.options.keep == "all" or each.number in (1, best.number)
            if (not wanted or each.state == "failed") and (self.folder / each.name).is_dir():
                remove_folder(self.folder / each.name)


def _outcome(done: Sequence[Trial]) -> str:
    last, best = done[-1], best_of(done)
    if last.f1 is None:
        return "failed"
    found = f"F1 {100 * last.f1:.2f}"
    if last.state == "stopped":
        return f"{found} after {len(last.epochs)} epochs, behind the others and stopped"
    return f"{found}, best so far" if best is last else f"{found}; best so far {100 * (best.f1 or 0):.2f}"
