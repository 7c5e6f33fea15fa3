"""The encoder reads each window alone."""

from collections.abc import Callable, Mapping
from typing import Any, final

from bert4ner.models.backbone import Backbone
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.reading.reading import Reading


@final
class PlainReading(Reading):
    """Reads every window once: features (batch, length, width)."""

    @classmethod
    def open(cls, blueprint: Blueprint) -> "PlainReading":
        """A new reading, which needs no preparation."""
        return cls()

    @classmethod
    def from_dict(cls, described: Mapping[str, Any], blueprint: Blueprint, *, where: str) -> "PlainReading":
        """A saved reading, which has no content."""
        return cls()

    def features(self, backbone: Backbone, top: Callable[[list[Any]], Any]) -> Any:
        """The encoder's blocks, joined by `top`."""
        return top(backbone.blocks)
