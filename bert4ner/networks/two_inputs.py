"""BERT-like networks that always take segment ids, even if they have no segments."""

from typing import Any

from bert4keras import models


class TwoInputs:
    """Mixin for BERT-like classes of bert4keras: inputs of token and segment ids, even without segments."""

    segment_vocab_size: int
    sequence_length: int | None
    apply: Any

    def get_inputs(self) -> list[Any]:
        """Inputs of token ids and of segment ids."""
        names = ("Input-Token", "Input-Segment")
        return [self.apply(layer=models.Input, shape=(self.sequence_length,), name=name) for name in names]

    def apply_embeddings(self, inputs: list[Any]) -> Any:
        """The embeddings; without segments, those of the token ids alone."""
        used = inputs if self.segment_vocab_size else inputs[:1]
        return super().apply_embeddings(used)  # type: ignore[misc]  # in the other base
