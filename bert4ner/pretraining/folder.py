"""The folder that a training on unlabelled text writes: what it goes on from, and at its end a pretrained folder.

Its files:

    pretraining.toml  history.jsonl
    bert_config.json  bert_model.ckpt.*  vocab.txt (or config.json and model.safetensors): once it is complete
    state/  texts/ (token ids)  scratch/ (of a new encoder)  training.safetensors: until it is
"""

import shutil
from pathlib import Path

from bert4ner.errors import ConfigError, RunError
from bert4ner.models.pretrained.folder import CONFIG_NAMES
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.runs.files import write_text
from bert4ner.runs.layout import HISTORY, STATE, TRAINING_STATE

_OPTIONS = "pretraining.toml"


class PretrainingFolder:
    """Paths in such a folder, and what must hold of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = path / HISTORY
        self.state = path / STATE / TRAINING_STATE
        self.texts = path / STATE / "texts"
        self.scratch = path / STATE / "scratch"

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.history.is_file() and not (self.path / STATE).exists()

    def begin(self, options: PretrainingOptions) -> None:
        """Note the options of a new training, or see that it is the one that was begun.

        What stopped before there was a state to go on from leaves nothing: it may be begun with other options.

        Raises:
            ConfigError: there is something else in the folder.
            RunError: the training was begun with other options.
        """
        noted = self.path / _OPTIONS
        if not noted.is_file() and any(self.path.iterdir()):
            raise ConfigError(f"{self.path}: there is something else in this folder; choose another --output")
        if not self.complete and not self.state.is_file():
            shutil.rmtree(self.path / STATE, ignore_errors=True)
            write_text(noted, options.to_toml())
            return
        before, now = PretrainingOptions.load_saved(noted).options(), options.options()
        changed = [f"{name}={before[name]}, now {now[name]}" for name in now if before[name] != now[name]]
        if changed:
            raise RunError(f"{self.path}: was begun with {'; '.join(changed)}; choose another --output")

    def finish(self, written: Path) -> None:
        """Take the files of a pretrained folder, its configuration last, and drop what was needed to go on."""
        for file in sorted(written.iterdir(), key=lambda each: (each.name in CONFIG_NAMES, each.name)):
            file.replace(self.path / file.name)
        shutil.rmtree(self.path / STATE)
