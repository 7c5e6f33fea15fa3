"""Pre-norm networks: a norm at the beginning of each part of a block, and one after the last block."""

from typing import Any

from bert4keras import models


class PreNorm:
    """Mixin for BERT-like classes of bert4keras; put it before them among the bases."""

    apply: Any  # this and the following are bert4keras'
    dropout_rate: float
    num_hidden_layers: int

    def added(self, states: Any, found: Any, name: str) -> Any:
        """A residual connection: dropout of a part's output, added to its input."""
        dropped = self.apply(found, models.Dropout, rate=self.dropout_rate, name=f"{name}-Dropout")
        return self.apply([states, dropped], models.Add, name=f"{name}-Add")

    def output_norm(self, states: Any) -> Any:
        """The normalized hidden states of the last block."""
        return self.apply(states, models.LayerNormalization, name="Encoder-Output-Norm")

    def tap(self, block: int, part: str) -> str:
        """The layer that ends a part of a block; norms belong to the next part, and one follows the last block."""
        if part == "FeedForward-Norm" and block == self.num_hidden_layers - 1:
            return "Encoder-Output-Norm"
        return f"Transformer-{block}-{part.removesuffix('-Norm')}-Add"
