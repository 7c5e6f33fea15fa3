"""The interface of readings: how the encoder reads windows, at what cost, and which features result."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from bert4ner.models.backbone import Backbone
from bert4ner.models.blueprint import Blueprint


class Reading(ABC):
    """How the encoder reads text, decided once for a network.

    A head names a subclass, which makes the features for the head: (batch, length, width) of windows, or another shape
    that the head documents. Everything else (windows, batches, learning rates, model folders) uses only this interface.
    """

    reserved: int = 0
    """Number of tokens in every window that are not available for text."""
    passes: float = 1.0
    """Number of times that the encoder reads every window, averaged over its layers."""
    joined: tuple[str, ...] = ()
    """Names of layers whose first output, token ids of windows and of other text, is embedded by the encoder."""

    keeps: tuple[str, ...] = ()
    """Names of what `to_dict` gives."""

    @classmethod
    @abstractmethod
    def open(cls, blueprint: Blueprint) -> "Reading":
        """Make the reading of a new network; reports all errors before the network is built.

        Raises:
            ConfigError, DataError: options or files that do not fit the blueprint.
        """

    @classmethod
    @abstractmethod
    def from_dict(cls, described: Mapping[str, Any], blueprint: Blueprint, *, where: str) -> "Reading":
        """Make the reading of a saved network from the description in its model folder.

        Raises:
            CheckpointError: the result of `to_dict` is missing or damaged; `where` names the file.
        """

    def to_dict(self) -> dict[str, Any]:
        """Its content for a model folder; only models with equal content can be averaged."""
        return {}

    def encoder_tokens(self, length: int) -> int:
        """Number of tokens that the encoder reads for a window of `length` tokens; see `models.budget`."""
        return length

    def beside(self, said: Any) -> Any:
        """Features of window tokens, ``(batch, length, …)``, arranged like the outputs of the blocks."""
        return said

    @abstractmethod
    def features(self, backbone: Backbone, top: Callable[[list[Any]], Any]) -> Any:
        """The features for the head.

        Args:
            backbone: the encoder.
            top: makes one tensor from the outputs of the backbone's last blocks.
        """
