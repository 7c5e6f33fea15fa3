"""Shared by modifiers that compare outputs: checks that the head defines a divergence of its outputs."""

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.heads.base import Head
from bert4ner.registry import HEADS


def check_divergence(modifier: str, config: Config) -> None:
    """Refuse a head that defines no divergence of its outputs.

    Raises:
        ConfigError: it defines none.
    """
    head = config.model.head
    if HEADS.get(head).divergence is Head.divergence:
        raise ConfigError(f"the modifier {modifier} does not work with the head {head!r}, which has no `divergence`")
