"""The random generators of Keras' layers, which Keras keeps to itself: drawing from one, and finding all of a model."""

from typing import Any


def random_words(layer: Any, count: Any) -> Any:
    """32 random bits each, uint32 ``(count,)``, from the generator of a layer of the kind of `keras.layers.Dropout`."""
    random = layer._random_generator
    random._maybe_init()
    return random._generator.uniform_full_int([count], dtype="uint32")


def random_generators(model: Any) -> list[Any]:
    """Every layer's `tf.random.Generator` that is there by now, in the order of the layers."""
    randoms = [getattr(layer, "_random_generator", None) for layer in model._flatten_layers()]
    generators = [getattr(random, "_generator", None) for random in randoms]
    return [generator for generator in generators if generator is not None]
