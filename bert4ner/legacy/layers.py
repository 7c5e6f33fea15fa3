"""Repairs of bert4keras' layers: dropout within recomputed ones, CRF losses in saved models."""

from collections.abc import Callable
from typing import Any

from bert4ner.backend.first import tf
from bert4ner.backend.first_keras import layer_of
from bert4ner.legacy.recompute import next_seed

_OF_LAYERS = ("sparse_loss", "dense_loss", "sparse_accuracy", "dense_accuracy")


def mend(layers: Any) -> None:
    """Repair `bert4keras.layers`."""
    keras = layers.keras
    plain: Any = keras.layers.Dropout

    class Dropout(plain):
        """Dropout that drops the same again when a layer is computed again."""

        def call(self, inputs: Any, training: Any = None) -> Any:
            seed = next_seed()
            if seed is None:
                return super().call(inputs, training=training)
            dropped = tf.compat.v2.nn.experimental.stateless_dropout
            return keras.backend.in_train_phase(
                lambda: dropped(inputs, rate=self.rate, seed=seed, rng_alg="philox"), inputs, training=training
            )

    if layers.recompute_grad.__module__ != "bert4keras.backend":
        layers.Dropout = Dropout
    # A model with a CRF names these in its file; each belongs to the layer that made the prediction.
    keras.utils.get_custom_objects().update({name: _of_output_layer(name) for name in _OF_LAYERS})


def _of_output_layer(name: str) -> Callable[[Any, Any], Any]:
    """A loss or metric that is a method of the layer whose output it is given."""

    def method(y_true: Any, y_pred: Any) -> Any:
        return getattr(layer_of(y_pred), name)(y_true, y_pred)

    method.__name__ = name
    return method
