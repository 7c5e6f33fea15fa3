"""What a network takes for windows: token ids, segment ids, and what its lexicon says, if it has one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.text.encoded import Encoded
from bert4ner.text.lexicon import Lexicon


@dataclass(frozen=True)
class Inputs:
    """Makes the inputs of a network."""

    lexicon: Lexicon | None

    @property
    def specs(self) -> tuple[Any, ...]:
        """Shapes and types of what `of` gives."""
        ids = tf.TensorSpec((None, None), "int32")
        if self.lexicon is None:
            return ids, ids
        return ids, ids, tf.TensorSpec((None, None, self.lexicon.width), "float32")

    def of(
        self, encoded: Encoded, window_numbers: Sequence[int] | np.ndarray, *, taught: Sequence[str] | None = None
    ) -> tuple[np.ndarray, ...]:
        """Token ids and segment ids ``(batch, length)``, and ``(batch, length, width)`` of the lexicon.

        Args:
            encoded: documents and their windows.
            window_numbers: which windows, ``(batch,)``.
            taught: of each document the text from which the lexicon learned, and which it leaves out for it.
        """
        ids = encoded.token_ids(window_numbers)
        return ids, np.zeros_like(ids), *self.said(encoded, window_numbers, ids.shape[1], taught=taught)

    def said(
        self,
        encoded: Encoded,
        window_numbers: Sequence[int] | np.ndarray,
        length: int,
        *,
        taught: Sequence[str] | None = None,
    ) -> tuple[np.ndarray, ...]:
        """The last part of `of`, for windows padded to a length: what this network alone is told, perhaps nothing."""
        if self.lexicon is None:
            return ()
        return (self.lexicon.features(encoded, window_numbers, length, taught=taught),)
