"""The public entry point for code of Keras 2 and TensorFlow 1: `activate`. Importing this module imports neither.

Example:
    >>> import bert4ner
    >>> bert4ner.compat.activate()
"""

import importlib

from bert4ner.backend import activation


def activate(legacy: bool = False) -> None:
    """Prepare this process for Keras-2 code; call it before TensorFlow is first imported. Repeated calls cost nothing.

    Sets the environment, imports TensorFlow, tf-keras and bert4keras, mends what is broken in bert4keras and leaves a
    foreign ``keras`` (Keras 3) as it was. It patches bert4keras' own classes only; nothing of TensorFlow or of Keras is
    changed.

    For the whole process it sets TF_USE_LEGACY_KERAS, has Keras draw dropout from generators that can be set again
    after a stop (`enable_tf_random_generator`) and, unless TF_CPP_MIN_LOG_LEVEL is set, shows no log of TensorFlow's
    native code (it becomes 3). Everything else is set by `backend.switches`.

    Args:
        legacy: for scripts of the time of TensorFlow 1: graphs and sessions instead of eager execution, all names of
            that time (`tf.placeholder`), `import keras` for Keras 2.3. It repairs tf-keras, too, and completes NumPy.
            bert4ner's own models do not work there.

    Raises:
        EnvironmentProblem: it is too late (TensorFlow runs with Keras 3 already, or it was activated the other way), or
            a package is missing; the message says what to do.

    Example:
        >>> from bert4ner.compat import activate
        >>> activate()
        >>> from bert4keras.models import build_transformer_model
    """
    activation.activate(legacy)
    if legacy:
        importlib.import_module("bert4ner.legacy.names").install()
    else:
        importlib.import_module("bert4ner.networks")
