"""Whether a head says how far two of its outputs are apart: what modifiers that compare outputs share."""

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.heads.base import Head
from bert4ner.registry import HEADS


def check_divergence(modifier: str, config: Config) -> None:
    """Refuse a head that does not say how far two of its outputs are apart.

    Raises:
        ConfigError: as said.
    """
    head = config.model.head
    if HEADS.get(head).divergence is Head.divergence:
        raise ConfigError(f"the modifier {modifier} cannot go with the head {head!r}, which has no `divergence`")
