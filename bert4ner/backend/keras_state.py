"""State of a training that Keras keeps where it shows it to nobody."""

from typing import Any

from bert4ner.backend.frameworks import keras


def random_generators(network: Any) -> list[Any]:
    """The generator of every layer of a network that draws random numbers, dropout for example, in a fixed order."""
    return [
        layer._random_generator._generator
        for layer in network._flatten_layers()
        if getattr(getattr(layer, "_random_generator", None), "_generator", None) is not None
    ]


def loss_scale_variables(optimizer: Any) -> list[Any]:
    """What dynamic loss scaling remembers: the scale, and for how many steps it held. None of other optimizers."""
    if not isinstance(optimizer, keras.mixed_precision.LossScaleOptimizer):
        return []
    return [optimizer._loss_scale.current_loss_scale, optimizer.dynamic_counter]
