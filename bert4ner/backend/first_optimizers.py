"""The optimizers of Keras 2: those that make their updates in `get_updates`, and what else inherits from them."""

from collections.abc import Callable
from typing import Any

from tf_keras.src import optimizers
from tf_keras.src.optimizers import optimizer_v1
from tf_keras.src.optimizers.legacy import (
    adadelta,
    adagrad,
    adam,
    adamax,
    gradient_descent,
    nadam,
    optimizer_v2,
    rmsprop,
)
from tf_keras.src.utils import get_custom_objects

from bert4ner.backend.first_dialect import Repair, dialect
from bert4ner.backend.first_keras import OWN_MODULES

_SECOND = {  # the same of tf.keras
    "Optimizer": optimizer_v2.OptimizerV2,
    "SGD": gradient_descent.SGD,
    "RMSprop": rmsprop.RMSprop,
    "Adagrad": adagrad.Adagrad,
    "Adadelta": adadelta.Adadelta,
    "Adam": adam.Adam,
    "Adamax": adamax.Adamax,
    "Nadam": nadam.Nadam,
}


def _of_keras_2(name: str) -> Any:
    base: Any = getattr(optimizer_v1, name)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # that of the class
        if "learning_rate" in kwargs:  # Keras 2.3 took both names
            kwargs["lr"] = kwargs.pop("learning_rate")
        base.__init__(self, *args, **kwargs)

    rate = property(lambda self: self.lr, lambda self, value: setattr(self, "lr", value))
    body = {"__init__": __init__, "__doc__": base.__doc__, "__module__": "keras.optimizers", "learning_rate": rate}
    return type(name, (base,), body)


FIRST: dict[str, Any] = {
    "Optimizer": optimizer_v1.Optimizer,
    **{name: _of_keras_2(name) for name in _SECOND if name != "Optimizer"},
}
"""The optimizers of Keras 2 by their names."""


def repaired() -> list[Repair]:
    """Optimizers chosen by a name or read from a file, and those that a script derives from tf.keras' own."""
    return [
        Repair(optimizers, "deserialize", _deserialize(optimizers.deserialize)),
        Repair(optimizer_v2.OptimizerV2, "__init_subclass__", classmethod(_derived)),
    ]


def second(optimizer: Any) -> Any:
    """tf.keras' optimizer class for one of Keras 2; others as they are."""
    return next((_SECOND[name] for name, first in FIRST.items() if optimizer is first), optimizer)


def _derived(cls: Any, /, **kwargs: Any) -> None:
    """A script's own optimizer with `get_updates` is one of Keras 2, whatever `tensorflow.keras` means by the name."""
    object.__init_subclass__(**kwargs)
    if "get_updates" in vars(cls) and not cls.__module__.startswith((OWN_MODULES, "bert4keras.")):
        named = {_SECOND[name]: first for name, first in FIRST.items()}
        cls.__bases__ = tuple(named.get(base, base) for base in cls.__bases__)


def _deserialize(original: Callable[..., Any]) -> Callable[..., Any]:
    def deserialize(config: Any, custom_objects: Any = None, **kwargs: Any) -> Any:
        """By a script of Keras, its own optimizers: their weights in files are other ones than those of tf.keras."""
        given = {name.lower() for name in (*(custom_objects or ()), *get_custom_objects())}
        name = config["class_name"].lower()
        first = {each.lower(): cls for each, cls in FIRST.items() if each != "Optimizer"}
        if not dialect.keras or name in given or name not in first:
            return original(config, custom_objects, **kwargs)
        return first[name](**{key: value for key, value in config["config"].items() if key != "name"})

    return deserialize
