"""Checks that a configuration's loss options have an effect with its head."""

from collections.abc import Sequence
from typing import Any

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.heads.label_weights import label_weights_of
from bert4ner.registry import HEADS


def check_losses(config: Config, labels: Sequence[str]) -> None:
    """Refuse an option of the group `losses` that does nothing with the head or names an unknown label.

    Raises:
        ConfigError: such an option; the message names it and the heads that use it.
    """
    heeded = _heeded(config.model.head, config)
    for name, value in vars(config.losses).items():
        if value != Config.option(name).default and name not in heeded:
            heads = ", ".join(head for head in HEADS.own() if name in _heeded(head, config))
            raise ConfigError(f"{name}={value!r} does nothing with the head {config.model.head!r}, only with: {heads}")
    label_weights_of(labels, config.losses.label_weights)


def _heeded(head: str, config: Config) -> dict[str, Any]:
    options: dict[str, Any] = HEADS.get(head).options(config)
    return options
