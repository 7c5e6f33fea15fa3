"""tf-keras as TensorFlow 1 showed it, and the private parts that `legacy` repairs; all imports are deferred."""

import importlib
from typing import Any, NamedTuple

from bert4ner.backend.first_dialect import Repair

KERAS = "tf_keras.api._v1.keras"
"""The module that scripts see as `keras`."""
PYTHON_KERAS = "tensorflow.python.keras"
"""A Keras of TensorFlow's own, which nobody keeps; scripts mean `tensorflow.keras` by it, where it was made."""
OWN_MODULES = "tf_keras."
"""The prefix of the names of all its modules."""
SHOWN_AS = (
    ("tensorflow._api.v2.compat.v1", "tensorflow"),
    ("tensorflow._api.v2", "tensorflow"),
    (KERAS, "keras"),
    ("tf_keras.api._v2.keras", "keras"),
    ("tensorflow.keras", "keras"),
)
"""The names of modules, and the names that scripts use for them."""


def first_keras() -> tuple[Any, str]:
    """The module `KERAS`, and the version of tf-keras."""
    return importlib.import_module(KERAS), importlib.import_module("tf_keras").__version__


class Keras(NamedTuple):
    """What scripts are to find below `keras` and `tensorflow.keras`."""

    tf_keras: dict[str, Any]
    """Modules of tf.keras by their names: "" is `tensorflow.keras` itself, ".layers" and so on."""
    keras: dict[str, Any]
    """The same of Keras 2.3; most are the very same modules."""
    added: list[Repair]
    """Names that Keras 2.3 showed and tf-keras does not."""
    repaired: list[Repair]


def first_modules(first: Any) -> Keras:
    """All of that, `first` being the module that scripts know as `tensorflow`."""
    modules, layers, saving, training, optimizers = (
        importlib.import_module(f"bert4ner.backend.first_{name}")
        for name in "modules layers saving training optimizers".split()
    )
    shown = modules.shown_modules(importlib.import_module(KERAS))
    repaired = [each for module in (layers, saving, training, optimizers) for each in module.repaired()]
    return Keras(shown, modules.of_keras_2(shown), modules.added(shown, first), [*repaired, *modules.repaired(shown)])


def layer_of(output: Any) -> Any:
    """The layer that made a tensor of a Keras model."""
    return output._keras_history.layer


def decayed_rate(optimizer: Any, dtype: Any) -> Any:
    """The learning rate of a TensorFlow 1 optimizer at this step, after decay."""
    return optimizer._decayed_lr(dtype)


def hyperparameter(optimizer: Any, name: str, dtype: Any) -> Any:
    """Any other hyperparameter of such an optimizer."""
    return optimizer._get_hyper(name, dtype)
