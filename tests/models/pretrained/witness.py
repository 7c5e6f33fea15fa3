"""BERT and related networks in plain numpy, from their papers, on variables with the original TensorFlow names."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_ERF = np.vectorize(math.erf)


class Witness:
    """An encoder of float64 arrays.

    Args:
        values: the variables; config: sizes as in bert_config.json.
        positions: "absolute", "relative" (NEZHA) or "rotary" (RoFormer).
        epsilon: of the norms; bare: norms without mean, scale and offset, matrices without biases (RoFormer v2).
    """

    def __init__(
        self,
        values: Mapping[str, np.ndarray],
        config: dict[str, Any],
        *,
        positions: str = "absolute",
        epsilon: float = 1e-12,
        bare: bool = False,
        farthest: int = 64,
    ) -> None:
        self.values = {name: np.asarray(value, float) for name, value in values.items()}
        self.config, self.positions, self.epsilon, self.bare = config, positions, epsilon, bare
        self.farthest = farthest

    def dense(self, given: np.ndarray, name: str) -> np.ndarray:
        return given @ self.values[f"{name}/kernel"] + (0 if self.bare else self.values[f"{name}/bias"])

    def norm(self, given: np.ndarray, name: str) -> np.ndarray:
        if self.bare:
            return given / np.sqrt((given**2).mean(axis=-1, keepdims=True) + self.epsilon)
        centred = given - given.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.epsilon)
        return centred / spread * self.values[f"{name}/gamma"] + self.values[f"{name}/beta"]

    def activation(self, given: np.ndarray) -> np.ndarray:
        return np.maximum(given, 0) if self.config["hidden_act"] == "relu" else given * (1 + _ERF(given / 2**0.5)) / 2

    def embeddings(self, ids: np.ndarray) -> np.ndarray:
        stem = "bert/embeddings"
        state = self.values[f"{stem}/word_embeddings"][ids]
        if f"{stem}/word_embeddings_2" in self.values:
            state = state @ self.values[f"{stem}/word_embeddings_2"]
        state = state + self.values[f"{stem}/token_type_embeddings"][0]
        if self.positions == "absolute":
            state = state + self.values[f"{stem}/position_embeddings"][: ids.shape[1]]
        return self.norm(state, f"{stem}/LayerNorm")

    def attention(self, state: np.ndarray, real: np.ndarray, stem: str) -> np.ndarray:
        batch, length, width = state.shape
        heads = self.config["num_attention_heads"]
        query, key, value = (
            self.dense(state, f"{stem}/self/{part}").reshape(batch, length, heads, -1)
            for part in ("query", "key", "value")
        )  # (batch, length, heads, size)
        size = width // heads
        if self.positions == "rotary":
            query, key = turned(query), turned(key)
        context = np.zeros_like(value)
        for b, h, i in np.ndindex(batch, heads, length):  # as slowly as it reads
            relative = [self.relative(j - i, size) for j in range(length)]
            scores = np.array([query[b, i, h] @ (key[b, j, h] + relative[j]) for j in range(length)]) / size**0.5
            probabilities = np.exp(np.where(real[b], scores - scores[real[b]].max(), -np.inf))
            probabilities /= probabilities.sum()
            context[b, i, h] = sum(probabilities[j] * (value[b, j, h] + relative[j]) for j in range(length))
        return self.dense(context.reshape(batch, length, width), f"{stem}/output/dense")

    def relative(self, distance: int, size: int) -> np.ndarray:
        """NEZHA's vector of a distance, sines and cosines in turn; nothing in the others."""
        if self.positions != "relative":
            return np.zeros(size)
        place = max(-self.farthest, min(self.farthest, distance)) + self.farthest
        angles = place / 10000 ** (np.arange(0, size, 2) / size)
        return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(-1)

    def states(self, ids: np.ndarray) -> list[np.ndarray]:
        """The output of every block, (batch, length, width), for token ids of which 0 is padding."""
        state, found = self.embeddings(ids), []
        for number in range(self.config["num_hidden_layers"]):
            shared = "bert/encoder/layer_shared/output/dense/kernel" in self.values
            stem = "bert/encoder/layer_shared" if shared else f"bert/encoder/layer_{number}"
            mixed = self.attention(state, ids > 0, f"{stem}/attention")
            state = self.norm(state + mixed, f"{stem}/attention/output/LayerNorm")
            inner = self.activation(self.dense(state, f"{stem}/intermediate/dense"))
            state = self.norm(state + self.dense(inner, f"{stem}/output/dense"), f"{stem}/output/LayerNorm")
            found.append(state)
        return found


def turned(given: np.ndarray) -> np.ndarray:
    """Pairs of neighbouring numbers turned by an angle that grows with the position; (batch, length, heads, size)."""
    _, length, _, size = given.shape
    pairs = given[..., 0::2] + 1j * given[..., 1::2]  # (batch, length, heads, size / 2)
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, size, 2) / size)
    pairs = pairs * np.exp(1j * angles)[None, :, None, :]
    return np.stack([pairs.real, pairs.imag], axis=-1).reshape(given.shape)
