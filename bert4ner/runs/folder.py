"""The folder of a run that is being made: started or taken up again, held by one process, written, tidied, discarded.

No training here. What a complete run says is read in `record`.
"""

import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bert4ner.config import Config
from bert4ner.errors import RunError
from bert4ner.runs import layout
from bert4ner.runs.configuration import read_config
from bert4ner.runs.environment import read_environment, write_environment
from bert4ner.runs.files import write_text
from bert4ner.runs.folds import Folds, Training, read_folds
from bert4ner.runs.labels import read_labels, write_labels
from bert4ner.runs.layout import CONFIG, ENVIRONMENT, FOLDS, LABELS
from bert4ner.runs.lock import held

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFolder:
    """A run's place on disk and what is done with it while it is made; nothing is cached."""

    path: Path

    def fold(self, number: int, seed: int | None = None) -> Path:
        """The folder of one fold; of one of its seeds, where the run has several."""
        return self.path / layout.fold_name(number, seed)

    def is_complete(self, training: Training) -> bool:
        """Whether there is a training's model and what it predicted."""
        return (self.fold(*training) / layout.PREDICTIONS).is_file()

    def incomplete(self) -> list[Training]:
        """The trainings that are not complete."""
        return [training for training in self.read_folds().trainings if not self.is_complete(training)]

    def read_folds(self) -> Folds:
        """How the documents are divided; raises as `read_folds`."""
        return read_folds(self.path)

    def read_labels(self) -> list[str]:
        """The labels of the run, sorted; raises as `read_labels`."""
        return read_labels(self.path)

    def held(self) -> AbstractContextManager[None]:
        """The folder for this process alone; see `lock.held`."""
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
        """Start the run, or find that it is the same one, to be taken up where it stopped.

        Args:
            config: its options.
            labels: those of its documents, in the order that numbers them.
            folds: how its documents are divided.
            precision: the arithmetic that `config` comes to on this machine.
            decided: what options come to that are `auto` and depend on the documents; the run keeps what was decided.

        Returns:
            the configuration with what was decided.

        Raises:
            RunError: the folder holds something else, or a run of other data, options or folds; nothing is changed.
            ConfigError: its configuration is not one of this version.
        """
        config = _with_decided(config, decided or {})
        self.path.mkdir(parents=True, exist_ok=True)
        if self._is_begun():
            self._check_same(config, folds, decided or {})
            self._warn_of_precision(precision)
            return config
        write_environment(self.path, precision=precision)
        write_labels(self.path, labels)
        self.write(CONFIG, config.to_toml())
        self.write(FOLDS, folds.to_json())  # last: now it is a run
        return config

    def _is_begun(self) -> bool:
        """Whether anything is there but the first files of a start that was killed."""
        found = {path.name for path in self.path.iterdir() if not layout.HALF_WRITTEN.fullmatch(path.name)}
        just_begun = ENVIRONMENT in found and found <= {ENVIRONMENT, LABELS, CONFIG}
        return bool(found) and not just_begun

    def write(self, name: str, text: str) -> None:
        """Write one of the run's text files, whole or not at all."""
        write_text(self.path / name, text)

    def _check_same(self, config: Config, folds: Folds, decided: Mapping[str, object]) -> None:
        if not layout.is_trained(self.path):
            raise RunError(f"{self.path}: the folder is not empty and holds no run; choose another --output")
        found = self.read_folds()
        before = _with_decided(read_config(self.path), decided).options()
        changed = [
            f"{name} was {before[name]!r}, now {value!r}"
            for name, value in config.options().items()
            if value != before[name]
        ]
        if found.fingerprint != folds.fingerprint:
            changed.append("the documents differ")
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

    def _warn_of_precision(self, precision: str) -> None:
        try:
            before = read_environment(self.path)["precision"]
        except (RunError, KeyError):  # nothing that a training depends on
            return
        if before != precision and self.incomplete():
            logger.warning(
                "%s: begun in %s, goes on in %s, which is precision=auto on this machine: the folds are not alike",
                self.path,
                before,
                precision,
            )

    def has_out_of_fold(self) -> bool:
        """Whether there is what models found in the documents that they did not see."""
        return (self.path / layout.OUT_OF_FOLD).is_file()

    def discard_out_of_fold(self) -> None:
        """Remove that, as a model is trained anew."""
        (self.path / layout.OUT_OF_FOLD).unlink(missing_ok=True)

    def discard_untrained(self) -> None:
        """Remove everything of a run of which no epoch is complete: what failed at its start leaves nothing behind.

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
        """Remove the state of complete folds, and files that a killed process left half written.

        Only while `held`: a file that somebody is writing looks the same.
        """
        for training in self.read_folds().trainings:
            if self.is_complete(training):
                shutil.rmtree(self.fold(*training) / layout.STATE, ignore_errors=True)
                for path in self.fold(*training).rglob(layout.ANY_HALF_WRITTEN):
                    path.unlink(missing_ok=True)
        own = {CONFIG, LABELS, ENVIRONMENT, FOLDS, layout.SCORES, layout.OUT_OF_FOLD}
        for path in list(self.path.iterdir()):
            name = layout.HALF_WRITTEN.fullmatch(path.name)
            if name and name[1] in own:
                path.unlink(missing_ok=True)


def _with_decided(config: Config, decided: Mapping[str, object]) -> Config:
    options = config.options()
    return config.replace(**{name: value for name, value in decided.items() if options[name] == "auto"})
