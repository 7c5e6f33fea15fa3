"""ERNIE, which bert4keras lacks: BERT with a task vector added to the embeddings."""

from typing import Any

from bert4keras import layers, models

from bert4ner.networks.encoders import Encoder


class TaskEmbedding(layers.Layer):
    """Adds the vector of task 0, which is used when no task is given, to all tokens.

    Hidden states ``(batch, length, width)`` in and out; the mask is passed on.

    Args:
        input_dim: number of tasks in the table.
        embeddings_initializer: of the table.
    """

    def __init__(self, input_dim: int, embeddings_initializer: Any = "zeros", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.embeddings_initializer = layers.initializers.get(embeddings_initializer)

    def build(self, input_shape: Any) -> None:
        """Makes the table (tasks, width)."""
        super().build(input_shape)
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.input_dim, input_shape[-1]), initializer=self.embeddings_initializer
        )

    def call(self, inputs: Any) -> Any:
        """The hidden states plus the vector."""
        return inputs + self.embeddings[:1]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        initializer = layers.initializers.serialize(self.embeddings_initializer)
        return {**super().get_config(), "input_dim": self.input_dim, "embeddings_initializer": initializer}


class Ernie(Encoder, models.BERT):
    """ERNIE.

    Args:
        use_task_id: whether there are task vectors.
        task_type_vocab_size: number of tasks.

    References:
        Sun et al. 2019, ERNIE 2.0: A Continual Pre-training Framework for Language Understanding.
    """

    def __init__(self, *args: Any, use_task_id: bool = False, task_type_vocab_size: int = 3, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_task_id, self.task_type_vocab_size = use_task_id, task_type_vocab_size

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with the task vector added after the position embedding."""
        states = super().apply(inputs, layer, arguments, **kwargs)
        if layer is not models.PositionEmbedding or not self.use_task_id:
            return states
        table = {"input_dim": self.task_type_vocab_size, "embeddings_initializer": self.initializer}
        return self.apply(states, TaskEmbedding, name="Embedding-Task", **table)
