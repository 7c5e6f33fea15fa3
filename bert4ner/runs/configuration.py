"""The configuration that a run was made with: config.toml, whole, so that no default passes for a choice."""

from pathlib import Path

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.options.toml import read_toml
from bert4ner.runs.files import existing
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
"""Options by group that every version has written into a run; those that came later may be absent."""


def read_config(run: Path) -> Config:
    """What was asked for when a run was made.

    Raises:
        RunError: config.toml is missing.
        ConfigError: it is no configuration of this version, or lacks options that every run has.
    """
    path = existing(run / CONFIG)
    config, table = Config.load_saved(path), read_toml(path)
    found = {name for group in (table, *table.values()) if isinstance(group, dict) for name in group}
    missing = [name for names in ALWAYS_WRITTEN.values() for name in names if name not in found]
    if missing:
        raise ConfigError(
            f"{path}: damaged, the option {missing[0]!r} is missing; expected all options that the run was made with"
        )
    return config
