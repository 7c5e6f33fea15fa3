"""What a way to read windows has to say: how many tokens it takes, how dear it is, and what features it makes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from bert4ner.models.backbone import Backbone
from bert4ner.models.blueprint import Blueprint


class Reading(ABC):
    """How text meets the encoder, decided once for a network.

    A head names a class of this kind, which makes what the head gets: features (batch, length, width) of windows, or
    what the head says. Everything else (windows, batches, learning rates, model folders) knows these words only.
    """

    reserved: int = 0
    """Tokens of every window that are not for text; texts are cut into windows that are shorter by as many."""
    passes: float = 1.0
    """How often the encoder reads every window, on the average of its layers."""
    joined: tuple[str, ...] = ()
    """Names of layers whose first output is token ids of windows and of something else, which the encoder embeds."""

    @classmethod
    @abstractmethod
    def open(cls, blueprint: Blueprint) -> "Reading":
        """For a new network; everything that can be wrong is told here, before there is one.

        Raises:
            ConfigError, DataError: options or files that do not fit the blueprint.
        """

    @classmethod
    @abstractmethod
    def from_dict(cls, described: Mapping[str, Any], blueprint: Blueprint, *, where: str) -> "Reading":
        """For a network that was saved, from the description in its model folder.

        Raises:
            CheckpointError: what `to_dict` gave is not in it, or damaged; `where` names the file.
        """

    def to_dict(self) -> dict[str, Any]:
        """What a model folder's description holds of it; models that are to be averaged must agree in it."""
        return {}

    def encoder_tokens(self, length: int) -> int:
        """How many tokens the encoder reads for a window of so many; see `models.budget`."""
        return length

    def beside(self, said: Any) -> Any:
        """What is said of the tokens of windows, ``(batch, length, …)``, arranged as the outputs of the blocks are."""
        return said

    @abstractmethod
    def features(self, backbone: Backbone, top: Callable[[list[Any]], Any]) -> Any:
        """What a head gets.

        Args:
            backbone: the encoder.
            top: makes one tensor of the outputs of the backbone's last blocks.
        """
