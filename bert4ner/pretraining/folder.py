"""The output folder of a pre-training: files to resume from, and finally a pretrained checkpoint.

Its files:

    pretraining.toml  history.jsonl
    bert_config.json  bert_model.ckpt.*  vocab.txt (or config.json and model.safetensors): once it is complete
    state/  texts/ (token ids)  scratch/ (of a new encoder)  training.safetensors: until it is
"""

from pathlib import Path

from bert4ner.data.durable import is_left_over, remove_folder, remove_left_overs, replace, sync_tree
from bert4ner.errors import ConfigError, RunError
from bert4ner.models.pretrained.folder import CONFIG_NAMES
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.runs.files import write_text
from bert4ner.runs.layout import HISTORY, STATE, TRAINING_STATE

_OPTIONS = "pretraining.toml"


class PretrainingFolder:
    """Paths in such a folder, and checks of its content."""

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
        """Write the options of a new training, or check that they equal those of the training in the folder.

        A training that stopped before its first state may begin again with other options.

        Raises:
            ConfigError: the folder contains something else.
            RunError: the training was begun with other options.
        """
        noted = self.path / _OPTIONS
        if not noted.is_file() and not all(is_left_over(each.name) for each in self.path.iterdir()):
            raise ConfigError(f"{self.path}: the folder contains something else; choose another --output")
        remove_left_overs(self.path)
        if not self.complete and not self.state.is_file():
            remove_folder(self.path / STATE)
            write_text(noted, options.to_toml())
            return
        before, now = PretrainingOptions.load_saved(noted).options(), options.options()
        changed = [f"{name}={before[name]}, now {now[name]}" for name in now if before[name] != now[name]]
        if changed:
            raise RunError(f"{self.path}: was begun with {'; '.join(changed)}; choose another --output")

    def finish(self, written: Path) -> None:
        """Move the files of a pretrained folder here, its configuration last, and delete the files for resuming."""
        sync_tree(written)
        for file in sorted(written.iterdir(), key=lambda each: (each.name in CONFIG_NAMES, each.name)):
            replace(file, self.path / file.name)
        remove_folder(self.path / STATE)
