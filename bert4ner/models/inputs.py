"""The inputs of a network for windows: token ids, segment ids, and lexicon features, if it has a lexicon."""

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
        """Shapes and types of the result of `of`."""
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
            window_numbers: indices of the windows, ``(batch,)``.
            taught: for each document, the text that the lexicon learned from it, and which it must now leave out.
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
        """The last part of `of`, for windows padded to a length: the lexicon features of this network, if any."""
        if self.lexicon is None:
            return ()
        return (self.lexicon.features(encoded, window_numbers, length, taught=taught),)
