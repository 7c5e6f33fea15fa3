"""The configuration of a run: config.toml, complete, so that no default is taken for a choice."""

from pathlib import Path

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.options.toml import read_toml, refusals_name
from bert4ner.runs.files import RUN_FILES
from bert4ner.runs.layout import CONFIG

ALWAYS_WRITTEN = {
    "windows": ("max_length", "overlap", "truncate", "tokens"),
    "model": ("pretrained", "head", "scheme", "encoder", "fusion", "fusion_layers", "tap"),
    "optimization": (
        "epochs",
        "batch_tokens",
        "learning_rate",
        "head_learning_rate",
        "warmup",
        "weight_decay",
        "clip_norm",
    ),
    "regularization": ("head_dropout", "encoder_dropout"),
    "run": ("seed", "precision", "patience", "valid_share"),
}
"""Options by group that every version has written into a run; later options may be missing."""


def read_config(run: Path) -> Config:
    """The configuration that a run was made with.

    Raises:
        RunError: config.toml is missing.
        ConfigError: it is not a configuration of this version, or lacks options that every run has.
    """
    path = run / CONFIG
    RUN_FILES.check_present(path)
    table = read_toml(path)
    with refusals_name(path):
        config = Config.restore(table)
    found = {name for group in (table, *table.values()) if isinstance(group, dict) for name in group}
    missing = [name for names in ALWAYS_WRITTEN.values() for name in names if name not in found]
    if missing:
        raise ConfigError(
            f"{path}: damaged, the option {missing[0]!r} is missing; expected all options that the run was made with"
        )
    return config
