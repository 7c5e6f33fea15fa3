"""The folder of a run in the making: started or resumed, locked by one process, written, cleaned, discarded.

No training here. `record` reads complete runs.
"""

import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bert4ner.config import Config
from bert4ner.data.durable import is_left_over, make_folder, remove_file, remove_left_overs
from bert4ner.errors import RunError
from bert4ner.runs import layout
from bert4ner.runs.configuration import read_config
from bert4ner.runs.environment import read_environment, write_environment
from bert4ner.runs.files import write_text
from bert4ner.runs.folds import Folds, Training, difference, read_folds
from bert4ner.runs.labels import read_labels, write_labels
from bert4ner.runs.layout import CONFIG, ENVIRONMENT, FOLDS, LABELS
from bert4ner.runs.lock import held, removed
from bert4ner.runs.manifest import discard_manifest

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFolder:
    """A run's place on disk and the operations on it during training; nothing is cached."""

    path: Path

    def fold(self, number: int, seed: int | None = None) -> Path:
        """The folder of one fold, or of one of its seeds if the run has several."""
        return self.path / layout.fold_name(number, seed)

    def is_complete(self, training: Training) -> bool:
        """Whether a training has its model and its predictions."""
        return (self.fold(*training) / layout.PREDICTIONS).is_file()

    def incomplete(self) -> list[Training]:
        """The trainings that are not complete."""
        return [training for training in self.read_folds().trainings if not self.is_complete(training)]

    def read_folds(self) -> Folds:
        """The division of the documents; raises as `read_folds`."""
        return read_folds(self.path)

    def read_labels(self) -> list[str]:
        """The labels of the run, sorted; raises as `read_labels`."""
        return read_labels(self.path)

    def held(self) -> AbstractContextManager[None]:
        """Lock the folder for this process; see `lock.held`."""
        return held(self.path)

    def open(
        self,
        config: Config,
        labels: Sequence[str],
        folds: Folds,
        *,
        precision: str,
        decided: Mapping[str, object] | None = None,
    ) -> Config:
        """Start the run, or resume the same run where it stopped, perhaps for more epochs.

        Args:
            config: its options.
            labels: those of its documents, in numbered order.
            folds: the division of its documents.
            precision: the arithmetic that `config` means on this machine.
            decided: values of options that are `auto` and depend on the documents; the run stores them.

        Returns:
            the configuration with the decided values.

        Raises:
            RunError: the folder holds something else, or a run of other data, options or folds, or a run to continue
                for more epochs that lacks a model; nothing is changed.
            ConfigError: its configuration is not valid for this version.
        """
        config = config.decide(decided or {})
        make_folder(self.path)
        if self._is_begun():
            before = self._check_same(config, folds, decided or {}).optimization.epochs
            if config.optimization.epochs > before:
                self._reopen(config, before, precision)
            else:
                self._warn_of_precision(precision)
                self._remove_left_overs()
            return config
        remove_left_overs(self.path)
        write_environment(self.path, precision=precision)
        write_labels(self.path, labels)
        self.write(CONFIG, config.to_toml())
        self.write(FOLDS, folds.to_json())  # last: from now on it is a run
        return config

    def _is_begun(self) -> bool:
        """Whether the folder holds more than the first files of a killed start."""
        found = {path.name for path in self.path.iterdir() if not is_left_over(path.name)}
        just_begun = ENVIRONMENT in found and found <= {ENVIRONMENT, LABELS, CONFIG}
        return bool(found) and not just_begun

    def write(self, name: str, text: str) -> None:
        """Write one of the run's text files, whole or not at all."""
        write_text(self.path / name, text)

    def _check_same(self, config: Config, folds: Folds, decided: Mapping[str, object]) -> Config:
        """Refuse any other run; returns the configuration of this one, which differs at most by fewer epochs."""
        if not layout.is_trained(self.path):
            what = "a combined run, which is not trained" if layout.is_combination(self.path) else "no run"
            raise RunError(f"{self.path}: the folder is not empty and holds {what}; choose another --output")
        found = self.read_folds()
        made_with = read_config(self.path).decide(decided)
        before = made_with.options()
        changed = [
            f"{name} was {before[name]!r}, now {value!r}"
            for name, value in config.options().items()
            if value != before[name] and not (name == "epochs" and value > before[name])
        ]
        if found.fingerprint != folds.fingerprint:
            changed.append(difference(found, folds))
        if found.taught != folds.taught:
            changed.append("the pseudo-labelled or unlabelled documents differ")
        if found.number != folds.number:
            changed.append(f"folds was {found.number}, now {folds.number}")
        if found.held_out_in != folds.held_out_in and not changed:
            changed.append("other documents are held out")
        if changed:
            raise RunError(
                f"{self.path}: holds another run ({'; '.join(changed)}); choose another --output or delete the folder"
            )
        return made_with

    def _reopen(self, config: Config, before: int, precision: str) -> None:
        """Make complete trainings incomplete, to go on from their best epoch, and the run one of more epochs."""
        epochs = config.optimization.epochs
        trainings = self.read_folds().trainings
        complete = [training for training in trainings if self.is_complete(training)]
        needed = [f"{each.name}/{name}" for each in complete for name in (layout.HISTORY, layout.WEIGHTS_OF_MODEL)]
        missing = [name for name in needed if not (self.path / name).is_file()]
        if missing:
            raise RunError(
                f"{self.path}: cannot go on from {before} to {epochs} epochs, {missing[0]} is missing; choose another "
                "--output to train anew"
            )
        logger.info(
            "%s: %d %s, trains %d more from %s (docs/recipe.md). %s is removed until all are trained; %s shows the old "
            "epochs until then, %s (if there is one) until `bert4ner report` writes it again",
            self.path,
            before,
            "epoch was done" if before == 1 else "epochs were done",
            epochs - before,
            "the best model of each fold" if len(trainings) > 1 else "its best model",
            layout.OUT_OF_FOLD,
            layout.SCORES,
            layout.REPORT,
        )
        self._remove_left_overs()
        for training in complete:
            remove_file(self.fold(*training) / layout.PREDICTIONS)
        self._warn_of_precision(precision)
        self.write(CONFIG, config.to_toml())  # killed before this line, it is the run that it was, to be predicted anew
        write_environment(self.path, precision=precision, epochs_before=before)

    def _warn_of_precision(self, precision: str) -> None:
        try:
            before = read_environment(self.path)["precision"]
        except (RunError, KeyError):  # the training does not depend on it
            return
        if before != precision and self.incomplete():
            logger.warning(
                "%s: begun in %s, continues in %s, which is precision=auto on this machine: the folds are not alike",
                self.path,
                before,
                precision,
            )

    def check_present(self) -> None:
        """Raise a RunError if the run was removed or renamed since it was opened."""
        if not layout.is_trained(self.path):
            raise removed(self.path)

    def has_out_of_fold(self) -> bool:
        """Whether it has predictions for held-out documents."""
        return (self.path / layout.OUT_OF_FOLD).is_file()

    def discard_out_of_fold(self) -> None:
        """Remove the predictions, because a model is trained again."""
        remove_file(self.path / layout.OUT_OF_FOLD)

    def discard_untrained(self) -> None:
        """Remove a run without a complete epoch: a failed start leaves nothing behind.

        Only while `held`.
        """
        folds = list(self.path.glob(layout.ANY_FOLD))
        if any((fold / layout.HISTORY).is_file() for fold in folds):
            return
        for fold in folds:
            shutil.rmtree(fold, ignore_errors=True)
        for name in (FOLDS, CONFIG, LABELS, ENVIRONMENT):
            (self.path / name).unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def tidy(self) -> None:
        """Remove the state of complete folds, and files that a killed process left incomplete.

        Only while `held`: a file that another process is writing looks the same.
        """
        for training in self.read_folds().trainings:
            if self.is_complete(training):
                shutil.rmtree(self.fold(*training) / layout.STATE, ignore_errors=True)
                remove_left_overs(self.fold(*training))
        remove_left_overs(self.path, {*layout.IN_RUN, layout.MANIFEST})

    def _remove_left_overs(self) -> None:
        """Remove the manifest, and all that a killed process left: no other process writes in any fold."""
        discard_manifest(self.path)
        remove_left_overs(self.path, {layout.REPORT})
        for training in self.read_folds().trainings:
            remove_left_overs(self.fold(*training))
        self.tidy()
