"""Names of TensorFlow 1, Keras 2 and bert4keras that exist no more, and what to write instead."""

import difflib
import types
from typing import Any

from bert4ner.errors import EnvironmentProblem
from bert4ner.legacy.guarded import import_is_guarded
from bert4ner.version import BERT4KERAS_VERSION

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
    "keras.legacy.layers": "keras.layers",
    "keras.layers.Highway": "a keras.layers.Layer with two keras.layers.Dense",
    "keras.layers.MaxoutDense": "keras.layers.Dense and a maximum",
    "keras.layers.Recurrent": "keras.layers.RNN",
    "keras.models.model_from_yaml": "keras.models.model_from_json",
    "keras.utils.multi_gpu_model": "tf.distribute.MirroredStrategy, the model built within its scope()",
    "keras.wrappers": "a subclass of sklearn.base.BaseEstimator that calls fit and predict",
    "keras_contrib": f"{_CRF}; or put a copy of keras_contrib beside the script",
    "bert4keras.layers.BiasAdd": "bert4keras.layers.ScaleOffset(scale=False)",
    "bert4keras.layers.EmbeddingDense": "bert4keras.layers.Embedding, called with mode='dense'",
    "bert4keras.layers.GroupDense": "keras.layers.Dense",
    "bert4keras.layers.ZeroMasking": "keras.layers.Lambda(lambda x: x, mask=...) or keras.layers.Masking",
    "bert4keras.models.BertModel": "bert4keras.models.build_transformer_model(..., return_keras_model=False)",
    "bert4keras.models.load_pretrained_model": "bert4keras.models.build_transformer_model(config, checkpoint)",
    "bert4keras.optimizers.ExponentialMovingAverage": "bert4keras.optimizers.extend_with_exponential_moving_average",
    "bert4keras.snippets.Progress": "tqdm.tqdm",
    "bert4keras.tokenizers.SimpleTokenizer": "bert4keras.tokenizers.Tokenizer",
    "bert4keras.tokenizers.encode(first_length)": "encode(text, maxlen=...) and bert4keras.snippets.sequence_padding",
    "bert4keras.tokenizers.encode(second_length)": "encode(text, maxlen=...) and bert4keras.snippets.sequence_padding",
    "bert4keras.train": "bert4keras.optimizers.extend_with_piecewise_linear_lr(Adam)",
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
        if self.__name__ == "tensorflow.contrib" and not import_is_guarded():  # its parts are modules
            return GoneModule(f"{self.__name__}.{name}")
        raise Unsupported(f"{self.__name__}.{name}")


def explain(dotted: str, known: Any = ()) -> str:
    """The sentence about a missing name, `tensorflow.contrib.crf.crf_decode` for example.

    Args:
        dotted: the name, with its modules.
        known: names of the module that it was looked for in, to find one that may have been meant.
    """
    module, _, name = dotted.rpartition(".")
    written = as_written(dotted)
    instead = _longest(dotted)
    if instead is not None:
        return f"{written}: does not exist any more; write {instead} instead"
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.75)
    hint = f"did you mean {as_written(module)}.{close[0]}?" if close else "see docs/legacy.md for names that do"
    where = f"bert4keras {BERT4KERAS_VERSION}" if written.startswith("bert4keras.") else "this TensorFlow"
    return f"{written}: does not exist in {where}; {hint}"


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
