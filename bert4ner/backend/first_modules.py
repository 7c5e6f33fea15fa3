"""The modules of Keras 2.3 and where tf-keras holds their content.

A module of Keras 2.3 that tf-keras has under another name, or in several places, is made anew from those places; the
first that has a name counts.
"""

import functools
import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

from bert4ner.backend.first import tf
from bert4ner.backend.first_dialect import Repair
from bert4ner.backend.first_keras import KERAS
from bert4ner.backend.first_optimizers import FIRST

VERSION = "2.3.1"
"""The Keras whose behaviour `keras` has."""
_LAYERS = (
    "advanced_activations convolutional convolutional_recurrent core cudnn_recurrent embeddings local merge noise "
    "normalization pooling recurrent wrappers"
).split()
_UTILS = (
    "conv_utils data_utils generic_utils io_utils layer_utils losses_utils metrics_utils tf_utils vis_utils".split()
)
_PLACES = {  # name below `keras` -> modules below tf_keras, the public one (":") first
    **{f".layers.{name}": [":.layers"] for name in _LAYERS},
    **{f".utils.{name}": [":.utils", f"src.utils.{name}"] for name in _UTILS},
    ".utils.training_utils": [":.utils", "src.utils.generic_utils"],
    ".callbacks.callbacks": [":.callbacks", "src.callbacks"],
    ".callbacks.tensorboard_v1": [":.callbacks"],
    ".engine": [":.layers", ":.models", ":", "src.engine.base_layer_v1", "src.utils.layer_utils"],
    ".engine.base_layer": [":.layers", "src.engine.base_layer_v1", "src.engine.node"],
    ".engine.input_layer": [":.layers", ":", "src.engine.input_layer"],
    ".engine.network": [":.models", "src.utils.layer_utils", "src.engine.functional"],
    ".engine.saving": [":.models", "src.saving.legacy.hdf5_format", "src.saving.legacy.model_config"],
    ".engine.sequential": [":.models"],
    ".engine.topology": [":.layers", ":.models", ":", "src.engine.node", "src.utils.layer_utils"],
    ".engine.training": [":.models", "src.engine.training_utils_v1"],
    ".engine.training_utils": ["src.engine.training_utils_v1"],
    ".objectives": [":.losses"],
}
_SAME = {  # modules that are the very same
    ".utils.np_utils": ".utils",
    ".backend.common": ".backend",
    ".backend.load_backend": ".backend",
    ".backend.tensorflow_backend": ".backend",
}
_OTHER_NAMES = {"Network": "Model", "Container": "Model"}


_ADDED = {  # module -> what it showed in Keras 2.3 beside, and the place below tf_keras
    ".backend": {
        "src.backend": "conv3d_transpose is_placeholder separable_conv1d",
        "src.utils.conv_utils": "normalize_data_format",
    },
    ".layers": {":.utils": "deserialize_keras_object"},
    ".losses": {"src.losses": "LossFunctionWrapper huber huber_loss is_categorical_crossentropy"},
    ".models": {"src.utils.generic_utils": "has_arg to_list", ":": "Input", ":.layers": "InputLayer"},
    ".utils": {"src.utils.layer_utils": "print_summary", "src.utils.io_utils": "ask_to_proceed_with_overwrite"},
}


def shown_modules(keras: Any) -> dict[str, Any]:
    """Every module that can be imported below tf.keras: "" is `keras` itself, ".layers" and so on."""
    found = {name[len(KERAS) :]: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{KERAS}.")}
    found.update({name: _made(f"keras{name}", places) for name, places in _PLACES.items()})
    found.update({name: found[same] for name, same in _SAME.items()})
    found[".legacy"] = _made("keras.legacy", [])
    found[".legacy.interfaces"] = Interfaces("keras.legacy.interfaces")
    return found


def of_keras_2(modules: dict[str, Any]) -> dict[str, Any]:
    """The same of Keras 2.3, where `keras` and `keras.optimizers` are other ones."""
    root, optimizers = _made("keras", [":"]), _made("keras.optimizers", [":.optimizers"])
    vars(optimizers).update(FIRST, **{name.lower(): cls for name, cls in FIRST.items() if name != "Optimizer"})
    children = {name[1:]: module for name, module in modules.items() if name.count(".") == 1}
    vars(root).update(children, optimizers=optimizers, __version__=VERSION)
    return {**modules, "": root, ".optimizers": optimizers}


def added(modules: dict[str, Any], first: Any) -> list[Repair]:
    """Names that Keras 2.3 showed and tf-keras does not; a name that is there stays as it is."""
    shown = modules[".backend"]
    found = [
        Repair(modules[module], name, getattr(_place(place), name))
        for module, places in _ADDED.items()
        for place, names in places.items()
        for name in names.split()
    ]
    functions = {
        "control_dependencies": tf.control_dependencies,
        "eager": _same,
        "epislon": shown.epsilon,
        "get_variable_shape": shown.int_shape,
        "identity": lambda x, name=None: tf.identity(x, name),
        "is_symbolic": tf.is_symbolic_tensor,
        "is_tensor": tf.is_tensor,
        "is_variable": lambda x: isinstance(x, tf.compat.v2.Variable),
        "logsumexp": tf.reduce_logsumexp,
        "size": lambda x, name=None: tf.size(x, name=name),
        "slice": lambda x, start, size: tf.slice(x, start, size),
        "symbolic": _same,
        "tf": first,
    }
    found += [Repair(shown, name, function) for name, function in functions.items()]
    checkpoints = importlib.import_module("tensorflow.python.pywrap_tensorflow")
    return [
        *found,
        *(Repair(modules[name], "K", shown) for name in (".models", ".callbacks")),
        Repair(checkpoints, "NewCheckpointReader", tf.train.NewCheckpointReader),
        Repair(first, "pywrap_tensorflow", checkpoints),
    ]


def repaired(modules: dict[str, Any]) -> list[Repair]:
    """`K.zeros` and `K.ones` within `dataset.map`, where a variable cannot be made; the other Keras of TensorFlow."""
    shown = modules[".backend"]
    return [
        Repair(importlib.import_module("tensorflow.python"), "keras", modules[""]),
        *(
            Repair(shown, name, _constant(getattr(shown, name), getattr(tf, name), shown.floatx))
            for name in ("zeros", "ones")
        ),
    ]


def _constant(variable: Callable[..., Any], constant: Callable[..., Any], default: Callable[[], str]) -> Any:
    @functools.wraps(variable)
    def fill(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
        if tf.get_default_graph().building_function:
            return constant(shape, dtype or default(), name)
        return variable(shape, dtype, name)

    return fill


class Interfaces(types.ModuleType):
    """`keras.legacy.interfaces`: decorators that took the arguments of Keras 1; here they let pass those of Keras 2."""

    def __getattr__(self, name: str) -> Any:
        if name == "generate_legacy_interface":
            return lambda *args, **kwargs: _same
        if name.startswith("legacy_") and name.endswith("_support"):
            return _same
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def _same(function: Any) -> Any:
    return function


def _place(place: str) -> Any:
    return importlib.import_module((KERAS + place[1:]) if place.startswith(":") else f"tf_keras.{place}")


def _made(name: str, places: list[str]) -> Any:
    made: Any = types.ModuleType(name)
    made.__path__ = []
    for place in reversed(places):
        vars(made).update({key: value for key, value in vars(_place(place)).items() if not key.startswith("_")})
    for old, new in _OTHER_NAMES.items():
        if new in vars(made):
            vars(made).setdefault(old, vars(made)[new])
    return made
