"""How far two outputs of a network are apart, by its head: what modifiers that compare outputs share."""

from typing import Any

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.heads.base import Head
from bert4ner.registry import HEADS
from bert4ner.train.step import Batch


def check_divergence(modifier: str, config: Config) -> None:
    """Refuse a head that does not say how far two of its outputs are apart.

    Raises:
        ConfigError: as said.
    """
    head = config.model.head
    if HEADS.get(head).divergence is Head.divergence:
        raise ConfigError(f"the modifier {modifier} cannot go with the head {head!r}, which has no `divergence`")


def divergences(head: Any, batch: Batch, one: Any, other: Any) -> Any:
    """How far two outputs for the windows of a batch are apart, ``(batch,)``, each times its weight."""
    apart = head.divergence(batch.targets, one, other)
    return apart if batch.weights is None else apart * batch.weights
