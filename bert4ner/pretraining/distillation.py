"""Distillation: makes a small encoder from some layers of a large one, and trains it to relate tokens alike."""

import math
import re
from dataclasses import replace
from typing import Any

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import PretrainedFolder
from bert4ner.network_options import Auto
from bert4ner.pretraining.network import LanguageModel, mean_loss

_LAYER = re.compile(r"Transformer-(\d+)-(.+)")


class Distillation:
    """The loss of a student that reads the same masked windows as its teacher.

    The relations of a token to every other are ``softmax(x x' / sqrt(size))``, head by head, where x are the queries,
    keys or values of the last attention. The loss has three parts. The first is the divergence KL(teacher, student) of
    the relations, averaged over the three. The second is 1 - cosine of the last hidden states of teacher and student.
    The third is the student's loss as a masked language model. Padding is excluded everywhere.

    Args:
        student: has the width of its teacher.
        teacher: not trained.

    References:
        Wang et al. 2021, MiniLMv2: Multi-Head Self-Attention Relation Distillation; Sanh et al. 2019, DistilBERT (the
        cosine, and the student's initial weights).
    """

    def __init__(self, student: LanguageModel, teacher: LanguageModel) -> None:
        self.student, self._pad_id = student, student.found.config.padding
        self._sides = [_LastLayer(model) for model in (teacher, student)]

    def __call__(self, ids: Any, places: Any, targets: Any) -> Any:
        """The loss of a batch."""
        real = tf.not_equal(ids, self._pad_id)  # (batch, length)
        (taught, goal), (found, states) = (
            side(ids, real, training=training) for side, training in zip(self._sides, (False, True), strict=True)
        )
        losses, _ = self.student.losses(states, places, targets, training=True)
        divergences = [_divergence(*pair) for pair in zip(taught, found, strict=True)]  # (batch, heads, length) each
        relations = _mean(tf.reduce_mean(tf.add_n(divergences) / len(divergences), axis=1), real)
        return mean_loss(losses) + relations + _mean(1.0 - _cosine(goal, states), real)


class _LastLayer:
    """The relations of tokens in an encoder's last attention, and the encoder's output."""

    def __init__(self, model: LanguageModel) -> None:
        self.attention = model.layer(f"Transformer-{model.found.config.num_hidden_layers - 1}-MultiHeadSelfAttention")
        self.encoder = keras.Model(model.network.inputs, [self.attention.input[0], model.encoder.output])

    def __call__(self, ids: Any, real: Any, *, training: bool) -> tuple[list[Any], Any]:
        """Three log relations, (batch, heads, length, length) each, and hidden states (batch, length, width)."""
        before, states = self.encoder([ids, tf.zeros_like(ids)][: len(self.encoder.inputs)], training=training)
        layer = self.attention
        parts = [dense(before) for dense in (layer.q_dense, layer.k_dense, layer.v_dense)]
        return [relation(part, real, heads=layer.heads) for part in parts], states


def relation(vectors: Any, real: Any, *, heads: int) -> Any:
    """Log relations of tokens, float32.

    Args:
        vectors: (batch, length, width).
        real: which tokens are not padding, (batch, length).
        heads: number of equal parts of the width.

    Returns:
        (batch, heads, length, length): for each token, log probabilities over all real tokens.
    """
    size = vectors.shape[-1] // heads
    shape = tf.shape(vectors)
    pieces = tf.reshape(tf.cast(vectors, "float32"), [shape[0], shape[1], heads, size])
    by_head = tf.transpose(pieces, [0, 2, 1, 3])
    scores = tf.matmul(by_head, by_head, transpose_b=True) / math.sqrt(size)
    return tf.nn.log_softmax(tf.where(real[:, None, None, :], scores, -1e9))


def _divergence(taught: Any, found: Any) -> Any:
    return tf.reduce_sum(tf.exp(taught) * (taught - found), axis=-1)


def _cosine(one: Any, other: Any) -> Any:
    one, other = (tf.math.l2_normalize(tf.cast(each, "float32"), axis=-1) for each in (one, other))
    return tf.reduce_sum(one * other, axis=-1)


def _mean(values: Any, real: Any) -> Any:
    """The mean of values (batch, length) over real tokens."""
    weights = tf.cast(real, values.dtype)
    return tf.reduce_sum(values * weights) / tf.reduce_sum(weights)


def describe_student(teacher: PretrainedFolder, layers: int | Auto) -> PretrainedFolder:
    """The teacher's folder with fewer layers and no weights.

    Raises:
        ConfigError: `layers` is not below the teacher's number, or all layers of the teacher share their weights.
    """
    count = teacher.config.num_hidden_layers
    wanted = max(1, count // 2) if layers == "auto" else int(layers)
    if teacher.family.shared:
        raise ConfigError(f"teacher={teacher.path}: the layers of the family {teacher.family.name} share their weights")
    if wanted >= count:
        raise ConfigError(f"layers={wanted}, but the teacher has {count}; a student must have fewer")
    return replace(teacher, config=replace(teacher.config, num_hidden_layers=wanted), checkpoint=None)


def origins(student: int, teacher: int) -> list[int]:
    """For each layer of a student, the teacher's layer it starts from: evenly spaced, including the last."""
    return [round((number + 1) * teacher / student) - 1 for number in range(student)]


def begin_from(student: LanguageModel, teacher: LanguageModel) -> None:
    """Copy the teacher's embeddings, head and the layers `origins` into a student."""
    chosen = origins(student.found.config.num_hidden_layers, teacher.found.config.num_hidden_layers)
    taught = teacher.trainable()
    for name, variables in student.trainable().items():
        layer = _LAYER.fullmatch(name)
        origin = name if layer is None else f"Transformer-{chosen[int(layer[1])]}-{layer[2]}"
        for variable, value in zip(variables, taught[origin], strict=True):
            variable.assign(value)
    student.beside = teacher.beside
