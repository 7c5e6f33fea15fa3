"""Names of TensorFlow 1 and Keras 2 that exist no more, and what to write instead."""

import difflib
import types
from typing import Any

from bert4ner.errors import EnvironmentProblem

_CRF = "bert4keras.layers.ConditionalRandomField with its sparse_loss, and bert4keras.snippets.ViterbiDecoder to decode"
_LOOP = "keras.models.Model(...).fit_generator(...) or a loop over tf.Session().run(...)"
_RENAMED = {
    "mul": "multiply",
    "sub": "subtract",
    "neg": "negative",
    "pack": "stack",
    "unpack": "unstack",
    "select": "where",
    "batch_matmul": "matmul",
    "concat_v2": "concat",
    "audio_summary": "summary.audio",
    "histogram_summary": "summary.histogram",
    "image_summary": "summary.image",
    "merge_all_summaries": "summary.merge_all",
    "merge_summary": "summary.merge",
    "scalar_summary": "summary.scalar",
}

# Dotted names; what is longest and fits counts for all below it.
INSTEAD = {
    "tensorflow.contrib": "the same from tf.nn, tf.layers or keras.layers",
    "tensorflow.contrib.cluster_resolver": "tf.distribute.cluster_resolver",
    "tensorflow.contrib.crf": _CRF,
    "tensorflow.contrib.data": "tf.data.experimental",
    "tensorflow.contrib.distribute": "tf.distribute",
    "tensorflow.contrib.eager": "the script for eager execution, and run it with python",
    "tensorflow.contrib.estimator": _LOOP,
    "tensorflow.contrib.framework": "tf.train.list_variables, tf.train.load_variable, tf.trainable_variables",
    "tensorflow.contrib.keras": "keras",
    "tensorflow.contrib.layers.fully_connected": "tf.layers.dense",
    "tensorflow.contrib.layers.l1_regularizer": "keras.regularizers.l1",
    "tensorflow.contrib.layers.l2_regularizer": "keras.regularizers.l2",
    "tensorflow.contrib.layers.layer_norm": "bert4keras.layers.LayerNormalization",
    "tensorflow.contrib.layers.optimize_loss": "tf.train.AdamOptimizer(...).minimize(...)",
    "tensorflow.contrib.layers.xavier_initializer": "tf.glorot_uniform_initializer",
    "tensorflow.contrib.learn": _LOOP,
    "tensorflow.contrib.lookup": "tf.lookup",
    "tensorflow.contrib.opt": "bert4keras.optimizers with extend_with_weight_decay and the like",
    "tensorflow.contrib.predictor": "tf.saved_model.load in a tf.Session",
    "tensorflow.contrib.rnn": "tf.nn.rnn_cell",
    "tensorflow.contrib.seq2seq": "keras.layers.LSTM and bert4keras.snippets.AutoRegressiveDecoder",
    "tensorflow.contrib.tpu": _LOOP,
    "tensorflow.contrib.training.HParams": "types.SimpleNamespace",
    "tensorflow.enable_eager_execution": "the script without it: legacy is for graphs; run eager scripts with python",
    "tensorflow.estimator": _LOOP,
    "tensorflow.examples": "keras.datasets",
    **{f"tensorflow.{old}": f"tf.{new}" for old, new in _RENAMED.items()},
    "keras.engine": "keras.layers.Layer, keras.models.Model",
    "keras.legacy": "keras.layers",
    "keras.utils.multi_gpu_model": "tf.distribute.MirroredStrategy, the model built within its scope()",
    "keras.wrappers": "a subclass of sklearn.base.BaseEstimator that calls fit and predict",
    "keras_contrib": _CRF,
    "keras_contrib.layers.CRF": _CRF,
}


class Unsupported(EnvironmentProblem, AttributeError):
    """A name that TensorFlow 1 or Keras 2 had and that nothing stands for today; the message says what to write."""

    def __init__(self, dotted: str, known: Any = ()):
        self.dotted = dotted
        super().__init__(explain(dotted, known))


class GoneModule(types.ModuleType):
    """A module that exists no more: it can be imported, and every name in it says what to write instead."""

    def __init__(self, name: str):
        super().__init__(name)
        self.__path__ = []  # a package, so that its parts can be imported

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if self.__name__ == "tensorflow.contrib":  # its parts are modules, what is in them is gone
            return GoneModule(f"{self.__name__}.{name}")
        raise Unsupported(f"{self.__name__}.{name}")


def explain(dotted: str, known: Any = ()) -> str:
    """The sentence about a missing name, `tensorflow.contrib.crf.crf_decode` for example.

    Args:
        dotted: the name, with its modules.
        known: names of the module that it was looked for in, to find one that may have been meant.
    """
    module, _, name = dotted.rpartition(".")
    told = as_written(dotted)
    instead = _longest(dotted)
    if instead is not None:
        return f"{told}: does not exist any more; write {instead} instead"
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.75)
    hint = f"did you mean {as_written(module)}.{close[0]}?" if close else "see docs/legacy.md for names that do"
    return f"{told}: does not exist in this TensorFlow; {hint}"


def as_written(dotted: str) -> str:
    """A dotted name as scripts write it: `tf.contrib` for `tensorflow.contrib`."""
    return "tf" + dotted[len("tensorflow") :] if dotted.partition(".")[0] == "tensorflow" else dotted


def _longest(dotted: str) -> str | None:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        instead = INSTEAD.get(".".join(parts[:length]))
        if instead is not None:
            return instead
    return None
