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
        return cls()

    @classmethod
    def from_dict(cls, described: Mapping[str, Any], blueprint: Blueprint, *, where: str) -> "PlainReading":
        return cls()

    def features(self, backbone: Backbone, top: Callable[[list[Any]], Any]) -> Any:
        return top(backbone.blocks)
