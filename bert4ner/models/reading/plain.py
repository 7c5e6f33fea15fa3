"""The encoder reads windows as they are."""

from collections.abc import Callable, Mapping
from typing import Any, final

from bert4ner.models.backbone import Backbone
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.reading.reading import Reading


@final
class PlainReading(Reading):
    """Every window once: features (batch, length, width)."""

    @classmethod
    def open(cls, blueprint: Blueprint) -> "PlainReading":
        """There is nothing to read or to decide."""
        return cls()

    @classmethod
    def from_dict(cls, described: Mapping[str, Any], blueprint: Blueprint, *, where: str) -> "PlainReading":
        """There is nothing that was saved."""
        return cls()

    def features(self, backbone: Backbone, top: Callable[[list[Any]], Any]) -> Any:
        """The encoder's blocks, as `top` makes one of them."""
        return top(backbone.blocks)
