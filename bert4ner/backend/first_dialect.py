"""Which Keras a script speaks: Keras 2.3 (`import keras`), or the tf.keras of TensorFlow 1.

They differ in the first name of a layer (`dense_1`, `dense`), in the format of weights under a name without suffix, and
in their optimizers. Repairs of tf-keras are lists of `Repair`, which `legacy.names` puts and takes back.
"""

from typing import Any, NamedTuple


class Repair(NamedTuple):
    """An attribute of a module or class, and what it is to be while scripts run."""

    owner: Any
    name: str
    value: Any


class Dialect:
    """What the script of this process speaks: tf.keras until it imports Keras."""

    keras = False


dialect = Dialect()
