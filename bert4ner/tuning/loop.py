"""The loop of a search: draw options, train, write down the outcome, keep the best; resumable at any moment."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bert4ner.data.durable import remove_file, remove_folder, remove_left_overs
from bert4ner.errors import Bert4NERError, ConfigError, RunError
from bert4ner.runs.files import write_text
from bert4ner.runs.history import read_history
from bert4ner.runs.layout import HISTORY, fold_name
from bert4ner.scoring.metrics import Scores
from bert4ner.train.callbacks.behind import Others, StopBehind
from bert4ner.tuning.options import TuningOptions
from bert4ner.tuning.sampler import draw
from bert4ner.tuning.space import Value, same_curves
from bert4ner.tuning.trials import BEST, SEARCH, TRIALS, Search, Trial, best_of, write_trials

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loop:
    """The trials of a search to complete: where, what is searched, how one is trained, and the values of the first."""

    folder: Path
    search: Search
    options: TuningOptions
    train: Callable[..., Scores]
    first: Mapping[str, Value]

    @property
    def alone(self) -> bool:
        """Whether a trial trains one model."""
        return self.options.folds is None and self.search.config.run.seeds == 1

    @property
    def compared(self) -> bool:
        """Whether trials that are behind are stopped."""
        return self.alone and self.options.prune and same_curves(self.search.space)

    def complete(self, trials: Sequence[Trial]) -> tuple[Trial, ...]:
        """Train the missing ones."""
        done, failed = list(trials), False
        self._tidy(done)
        while (trial := self._next(done)) is not None:
            write_trials(self.folder, [*done, trial])
            place = f"trial {trial.number} of {max(self.options.trials, trial.number)}"
            given = ", ".join(f"{name}={value}" for name, value in trial.shown.items()) or "the given options"
            logger.info("%s: %s", place, given)
            try:
                done.append(self._tried(trial, done))
            except Bert4NERError as error:
                self._check_goes_on(trial, error, failed=failed)
                logger.warning("%s failed: %s", place, error)
                done.append(replace(trial, state="failed", reason=str(error)))
            failed = done[-1].state == "failed"
            write_trials(self.folder, done)
            self._tidy(done)
            logger.info("%s: %s", place, _outcome(done))
        return tuple(done)

    def _next(self, done: list[Trial]) -> Trial | None:
        """The trial that was begun, or a new one; None if there are enough, or nothing is left to try."""
        if done and done[-1].state == "begun":
            return done.pop()
        if len(done) >= self.options.trials:
            return None
        seed = self.search.config.run.seed
        drawn = draw(self.search.space, done, seed=seed, accepts=self._go_together) if done else dict(self.first)
        if drawn is None:
            logger.info("nothing new is left to try after %d trials", len(done))
            return None
        trial = Trial(len(done) + 1, drawn, "begun")
        if (self.folder / trial.name).exists():
            raise RunError(f"{self.folder / trial.name}: is in the way of the next trial; move it elsewhere")
        return trial

    def _go_together(self, drawn: Mapping[str, Value]) -> bool:
        try:
            self.search.config.replace(**drawn)
        except ConfigError:
            return False
        return True

    def _check_goes_on(self, trial: Trial, error: Bert4NERError, *, failed: bool) -> None:
        """End the search if its first trial fails, or if the one before failed, too."""
        if trial.number == 1:
            if not (self.folder / trial.name).exists():  # not one epoch is lost: other options may begin here
                for name in (TRIALS, SEARCH):
                    remove_file(self.folder / name)
            raise error
        if failed:
            raise RunError(
                f"{self.folder / trial.name}: {error}; the trial before failed, too, so the search ends here. The same "
                "command goes on with this trial"
            ) from None

    def _tried(self, trial: Trial, before: Sequence[Trial]) -> Trial:
        """The trial with its outcome."""
        run, started = self.folder / trial.name, time.perf_counter()
        config = self.search.config.replace(**trial.options)
        epochs = config.optimization.epochs
        others = Others(tuple(each.epochs for each in before if each.epochs), free=epochs // 4)

        def is_stopped(values: tuple[float, ...]) -> bool:
            return self.compared and len(values) < epochs and others.are_ahead_of(values)

        values = self._epochs(run)
        if is_stopped(values):  # and killed at that moment
            remove_folder(run)  # it is not complete
            return replace(trial, state="stopped", f1=max(values), epochs=values)
        callbacks = [StopBehind(others, values)] if self.compared else []
        scores = self.train(config, output=run, callbacks=callbacks)
        values = self._epochs(run)
        seconds = round(time.perf_counter() - started, 1)
        state: Literal["stopped", "complete"] = "stopped" if is_stopped(values) else "complete"
        return replace(trial, state=state, f1=scores.micro.f1, epochs=values, seconds=seconds)

    def _epochs(self, run: Path) -> tuple[float, ...]:
        """F1 after each epoch that a trial's only model has done so far."""
        fold = run / fold_name(0)
        if not self.alone or not (fold / HISTORY).is_file():
            return ()
        return tuple(line["f1"] for line in read_history(fold))

    def _tidy(self, done: Sequence[Trial]) -> None:
        """Keep the options of the best trial, and only the runs that are wanted."""
        remove_left_overs(self.folder, {SEARCH, TRIALS, BEST, *(each.name for each in done)})
        finished = [each for each in done if each.state != "begun"]
        if not finished:
            return
        best = best_of(finished)
        write_text(self.folder / BEST, self.search.config.replace(**best.options).to_toml())
        for each in finished:
            wanted = self.options.keep == "all" or each.number in (1, best.number)
            if not wanted or each.state == "failed":
                remove_folder(self.folder / each.name)


def _outcome(done: Sequence[Trial]) -> str:
    last, best = done[-1], best_of(done)
    if last.f1 is None:
        return "failed"
    found = f"F1 {100 * last.f1:.2f}"
    if last.state == "stopped":
        return f"{found} in {len(last.epochs)} epochs, behind the others and stopped"
    return f"{found}, best so far" if best is last else f"{found}; best so far {100 * (best.f1 or 0):.2f}"
