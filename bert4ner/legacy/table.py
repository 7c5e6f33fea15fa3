"""What `legacy` promises, row by row: docs/legacy.md shows it, and tests/legacy holds each row to it.

The names that cannot be supported are in `unsupported.INSTEAD`.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """Names as scripts write them, and how they are there."""

    key: str
    """The test of the row has this name."""
    names: str
    how: str


class Mended(NamedTuple):
    """What was wrong in bert4keras, and what it is here."""

    key: str
    what: str
    was: str
    now: str


NAMES = (
    Row(
        "state",
        "`tf.placeholder`, `tf.sparse_placeholder`, `tf.Session`, `tf.get_default_graph`, `tf.ConfigProto`, "
        "`tf.variable_scope`, `tf.get_variable`, `tf.layers`, `tf.nn.rnn_cell`, `tf.train.Saver`, "
        "`tf.train.AdamOptimizer`, `tf.logging`, `tf.app.flags`, `tf.app.run`, `tf.gfile`, `tf.log`, …",
        "TensorFlow's own `tf.compat.v1`, with everything of TensorFlow 2 off: tensors are keys and compare by "
        "identity, variables and loops are those of TensorFlow 1",
    ),
    Row("shapes", "`x.shape[1].value`", "as then; `int(x.shape[1])` works, too"),
    Row("disabled", "`tf.disable_eager_execution`, `tf.disable_v2_behavior`", "done already"),
    Row(
        "version",
        "`tf.__version__`",
        "the true version, 2.x; `bert4ner legacy --tf1-version 1.15.0 train.py` for scripts that look",
    ),
    Row(
        "tf_keras",
        "`import keras`, `from keras.layers import *`, `tensorflow.keras`",
        "tf-keras; `keras.layers.Dense is tf.keras.layers.Dense`. `keras` behaves as Keras 2.3 (`keras.__version__` is "
        "2.3.1), `tensorflow.keras` as in TensorFlow 1, where they differ",
    ),
    Row("python_keras", "`tensorflow.python.keras`", "the same as `tensorflow.keras`"),
    Row(
        "aliases",
        "`keras.layers.core`, `keras.layers.recurrent`, `keras.layers.merge`, …; `keras.utils.np_utils`, "
        "`keras.utils.conv_utils`, `keras.utils.generic_utils`, …; `keras.engine.topology`, `keras.engine.saving`, …; "
        "`keras.callbacks.callbacks`, `keras.objectives`, `keras.backend.tensorflow_backend`, `keras.models.Input`, "
        "`keras.utils.print_summary`",
        "the modules and names of Keras 2.3, made of what tf-keras holds elsewhere",
    ),
    Row(
        "layer_names",
        "`dense_1`, `model_1`, `sequential_1`",
        "the first layer of a kind is number 1 in a script that imports `keras`, and has no number in one of "
        "`tensorflow.keras` or `TF_KERAS=1`, as then",
    ),
    Row(
        "build_shapes",
        "`build(self, input_shape)`",
        "items are numbers or None, as in Keras 2, and the numbers have `.value`, as in TensorFlow 1; `input_shape` "
        "has `.as_list()`",
    ),
    Row(
        "layers_then",
        "`add_weight((3, 4), name='w')`, `add_metric(x, 'name')`, `self.trainable_weights = [...]`, `x._keras_shape`",
        "accepted",
    ),
    Row(
        "carried_crf",
        "`layer._inbound_nodes[0].input_tensors`, `input_masks`",
        "lists, as in Keras 2: the CRF of keras_contrib runs from a copy beside the script",
    ),
    Row(
        "optimizers",
        "`keras.optimizers.Adam`, `model.optimizer.lr`",
        "the optimizers of Keras 2.3, which take `lr` and `learning_rate`, `decay` and `clipnorm`; those of "
        "`tensorflow.keras` are TensorFlow 1's",
    ),
    Row(
        "get_updates",
        "`get_updates(self, loss, params)`, `keras.legacy.interfaces`",
        "optimizers that a script derives from `keras.optimizers.Optimizer`, or from others, and optimizers around "
        "others, work",
    ),
    Row(
        "backend",
        "`K.get_session`, `K.set_session`, `K.function`, `K.gradients`, `K.placeholder`, `K.learning_phase`, `K.tf`, "
        "`K.logsumexp`, `K.slice`, `K.is_tensor`, `K.size`, `K.identity`, `K.control_dependencies`",
        "tf-keras' backend of TensorFlow 1, completed",
    ),
    Row("zeros_in_datasets", "`K.zeros`, `K.ones` within `dataset.map`", "constants there, variables elsewhere"),
    Row(
        "training",
        "`model.fit_generator`, `predict_generator`, `evaluate_generator`, `predict_classes`, `_make_train_function`, "
        "`train_function`, `total_loss`, `_feed_inputs`, `_feed_targets`, `_feed_sample_weights`",
        "tf-keras' training of TensorFlow 1: the adversarial training of bert4keras' examples works as written",
    ),
    Row(
        "losses_of_layers",
        "`compile(loss={'mlm_loss': lambda y_true, y_pred: y_pred})`",
        "a loss that a layer computed may be one number, as in bert4keras' pretraining",
    ),
    Row(
        "losses_as_written",
        "`search_layer(y_pred, 'Embedding-Token')` in a loss",
        "losses and metrics run as written, not rewritten by AutoGraph",
    ),
    Row(
        "validation_data",
        "`self.validation_data` in a callback",
        "inputs, targets and weights in one list where `validation_data` or `validation_split` gave arrays; None where "
        "it is a generator",
    ),
    Row(
        "accuracy",
        "`acc`, `val_acc`, `accuracy`, `val_accuracy`",
        "the logs of an epoch and `history` have both names, whichever `metrics` asked for; the model itself and the "
        "progress bar call it `acc`",
    ),
    Row(
        "files",
        "`model.save('x.model')`, `save_weights('best.weights')`, `ModelCheckpoint('best.model')`",
        "one HDF5 file under any name. `tensorflow.keras` writes weights without the suffix `.h5` as a checkpoint of "
        "TensorFlow, as then",
    ),
    Row("checkpoint_reader", "`tf.train.NewCheckpointReader`, `pywrap_tensorflow.NewCheckpointReader`", "the same"),
    Row(
        "contrib",
        "`import tensorflow.contrib.crf`",
        "within `try` … `except ImportError` fails, so that the script takes its other way; elsewhere succeeds, and "
        "the first name that is used is reported",
    ),
    Row(
        "process",
        "`__file__`, `__builtins__`, `sys.argv`, `sys.path`, `sys.modules['__main__']`",
        "as with `python script.py`, also in threads and in functions of `atexit` that run after the last line",
    ),
    Row(
        "python_names",
        "`np.int`, `np.float`, `np.object`, `np.float_`, `np.NaN`, …; `collections.Iterable`, `time.clock`, "
        "`inspect.getargspec`",
        "what stands for them in NumPy 2 and in today's Python",
    ),
    Row(
        "bert4keras_choice",
        "`TF_KERAS`, `RECOMPUTE`",
        "set by the script before it imports bert4keras; `TF_KERAS` chooses between the names of `keras` and "
        "`tensorflow.keras`, `RECOMPUTE=1` recomputes",
    ),
    Row(
        "bert4keras_own",
        "`build_transformer_model`, `AutoRegressiveDecoder`, `ViterbiDecoder`, `DataGenerator`, `Tokenizer`, …",
        "bert4keras' own",
    ),
    Row("save_weights_as_checkpoint", "`save_weights_as_checkpoint`", "bert4keras' own, which now finds `tf.Session`"),
    Row(
        "load_model_with_crf",
        "`load_model` of an h5 file with a CRF of bert4keras",
        "its loss and metrics belong to the layer that made the prediction; no `custom_objects` needed",
    ),
    Row(
        "bert4keras_before",
        "`bert4keras.bert`, `bert4keras.tokenizer`, `bert4keras.utils`, `tokenizer.encode(text, max_length=…)`, "
        "`groupby`, `BasicTokenizer`, `AutoRegressiveDecoder.set_rtype`, `sequence_padding(…, padding=…)`, "
        "`sequence_masking(…, mode=1)`, `backend.K.infinity`, `backend.K.set_infinity`",
        "names and arguments of earlier versions of bert4keras, given to what they are called today",
    ),
    Row("bert4keras_models", "`build_bert_model`", "`build_transformer_model`; `application='seq2seq'` is `unilm`"),
)

MENDED = (
    Mended(
        "bert4keras_optimizers",
        "`Adam`, `AdaFactor`, `Lion`",
        "`AttributeError: _set_hyper`",
        "work; `AdaFactor.learning_rate` is one variable, which callbacks can set",
    ),
    Mended(
        "exponential_moving_average",
        "`extend_with_exponential_moving_average`",
        "embeddings averaged twice a step, 1.6 times too large; division by 0 before the first step",
        "each step counts once",
    ),
    Mended(
        "parameter_wise_lr",
        "`extend_with_parameter_wise_lr`",
        "`Transformer-1` met `Transformer-10` and `-11`, too",
        "a number in a name is taken whole",
    ),
    Mended(
        "gradient_accumulation",
        "`extend_with_gradient_accumulation`",
        "first step one batch late; Adam's bias corrected for the number of batches",
        "a step after every `grad_accum_steps` batches, corrected for the number of steps; schedules of learning rates "
        "count batches, as published scripts expect; batches left over at the end still change nothing",
    ),
    Mended(
        "lookahead",
        "`extend_with_lookahead`",
        "slow weights began at 0: the first step halved all weights",
        "they begin where the weights are",
    ),
    Mended(
        "extended_optimizers",
        "`extend_with_weight_decay`, `_layer_adaptation`, `_lazy_optimization` of a Keras optimizer",
        "changed nothing, in silence",
        "Keras' Adam is taken for bert4keras'; others are refused",
    ),
    Mended(
        "recompute",
        "`RECOMPUTE=1`",
        "`AttributeError: stop_recording`; other dropout in the second pass than in the first",
        "recomputes, with the same dropout",
    ),
    Mended(
        "masking_with_infinity",
        "`sequence_masking(x, mask, '-inf')`",
        "its own description allows `'-inf'` and `'inf'`; `TypeError: Expected float32, but got -inf`",
        "-1e12 and 1e12, what `K.infinity()` gives, as in earlier versions",
    ),
    Mended(
        "initial_weights",
        "equal initial weights in all blocks",
        "an initializer that tf-keras draws from once",
        "the initializer of TensorFlow 1 draws anew",
    ),
)
