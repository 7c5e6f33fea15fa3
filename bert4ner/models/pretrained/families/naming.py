"""The names of BERT's weights, written once: with / and kernels for TensorFlow, with . and weights for Hugging Face.

Names are given in TensorFlow's way ("encoder/layer_0/output/dense"); Hugging Face's differ by rule or by a table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bert4ner.models.pretrained.family import Source, Sources, same, transposed

_ATTENTION = ("attention/self/query", "attention/self/key", "attention/self/value", "attention/output/dense")


@dataclass(frozen=True)
class Naming:
    """How one layout names and stores the three kinds of weights; each function takes the stem of the name."""

    table: Callable[[str], list[Source]]
    dense: Callable[[str], list[Source]]
    norm: Callable[[str], list[Source]]
    kernel: Callable[[str], list[Source]]

    def joined(self, stems: list[str], *, bias: bool = True) -> list[Source]:
        """Kernel and bias of one layer that joins several products side by side, each stored separately."""
        parts = [self.dense(stem) if bias else self.kernel(stem) for stem in stems]
        return [_side_by_side(list(sources)) for sources in zip(*parts, strict=True)]


def _side_by_side(sources: list[Source]) -> Source:
    """A weight whose equal parts along the last axis are `sources` with one array each."""

    def read(*arrays: np.ndarray) -> np.ndarray:
        return np.concatenate([source.read(array) for source, array in zip(sources, arrays, strict=True)], axis=-1)

    def write(weight: np.ndarray) -> tuple[np.ndarray, ...]:
        pieces = zip(sources, np.split(weight, len(sources), axis=-1), strict=True)
        return tuple(array for source, piece in pieces for array in (source.write or _itself)(piece))

    return Source(tuple(name for source in sources for name in source.names), read, write)


def _itself(array: np.ndarray) -> tuple[np.ndarray, ...]:
    return (array,)


def _dotted(stem: str) -> str:
    return re.sub(r"/layer_(?=\d)", "/layer.", stem).replace("/", ".")


TENSORFLOW = Naming(
    table=lambda stem: [same(stem)],
    dense=lambda stem: [same(f"{stem}/kernel"), same(f"{stem}/bias")],
    norm=lambda stem: [same(f"{stem}/beta"), same(f"{stem}/gamma")],
    kernel=lambda stem: [same(f"{stem}/kernel")],
)
HUGGINGFACE = Naming(
    table=lambda stem: [same(f"{_dotted(stem)}.weight")],
    dense=lambda stem: [transposed(f"{_dotted(stem)}.weight"), same(f"{_dotted(stem)}.bias")],
    norm=lambda stem: [same(f"{_dotted(stem)}.bias"), same(f"{_dotted(stem)}.weight")],
    kernel=lambda stem: [transposed(f"{_dotted(stem)}.weight")],
)


def embeddings(naming: Naming, base: str, *, positions: bool = True) -> Sources:
    """Tables and norm of the embeddings under `base`/embeddings."""
    found = {
        "Embedding-Token": naming.table(f"{base}/embeddings/word_embeddings"),
        "Embedding-Segment": naming.table(f"{base}/embeddings/token_type_embeddings"),
        "Embedding-Norm": naming.norm(f"{base}/embeddings/LayerNorm"),
    }
    if positions:
        found["Embedding-Position"] = naming.table(f"{base}/embeddings/position_embeddings")
    return found


def block(naming: Naming, layer: str, stem: str) -> Sources:
    """The four layers of one of BERT's blocks; `layer` is the beginning of bert4keras' names, `stem` of the file's."""
    return {
        f"{layer}-MultiHeadSelfAttention": [source for part in _ATTENTION for source in naming.dense(f"{stem}/{part}")],
        f"{layer}-MultiHeadSelfAttention-Norm": naming.norm(f"{stem}/attention/output/LayerNorm"),
        f"{layer}-FeedForward": naming.dense(f"{stem}/intermediate/dense") + naming.dense(f"{stem}/output/dense"),
        f"{layer}-FeedForward-Norm": naming.norm(f"{stem}/output/LayerNorm"),
    }


def blocks(naming: Naming, base: str, count: int) -> Sources:
    """All blocks of an encoder that does not share them."""
    found: Sources = {}
    for number in range(count):
        found.update(block(naming, f"Transformer-{number}", f"{base}/encoder/layer_{number}"))
    return found


def heads(naming: Naming, base: str) -> Sources:
    """Pooler and the two heads of BERT's pretraining."""
    hugging = naming is HUGGINGFACE
    found = {
        "Pooler-Dense": naming.dense(f"{base}/pooler/dense"),
        "NSP-Proba": [
            transposed("cls.seq_relationship.weight" if hugging else "cls/seq_relationship/output_weights"),
            same("cls.seq_relationship.bias" if hugging else "cls/seq_relationship/output_bias"),
        ],
    }
    return found | masked_head(naming)


def masked_head(naming: Naming) -> Sources:
    """The head of BERT's masked language model."""
    return {
        "MLM-Dense": naming.dense("cls/predictions/transform/dense"),
        "MLM-Norm": naming.norm("cls/predictions/transform/LayerNorm"),
        "MLM-Bias": [same("cls.predictions.bias" if naming is HUGGINGFACE else "cls/predictions/output_bias")],
    }
