# -*- coding: utf-8 -*-
# A script of TensorFlow 1 with tf.keras only. usage: rows_tf_keras.py FOLDER, with --tf1-version 1.14.0

import atexit
import os
import sys
import threading
import time

import numpy as np
import tensorflow as tf
from rows import report, row
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense, Input, Lambda
from tensorflow.keras.models import Model

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


@row
def state():
    assert not tf.executing_eagerly() and not tf.control_flow_v2_enabled() and not tf.resource_variables_enabled()
    x = tf.placeholder(tf.float32, [None, 3], name='x')
    assert x.shape[1].value == 3 and int(x.shape[1]) == 3 and x.shape[0].value is None
    assert {x: 1}[x] == 1 and (x == 1) is False and x in [x]
    w = tf.get_variable('w', [3, 2], initializer=tf.ones_initializer())
    assert w.op.type == 'VariableV2' and tf.global_variables() == [w]
    last = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.matmul(a, tf.ones([2, 2]))), [0, tf.matmul(x, w)])[1]
    grad = tf.gradients(last, w)[0]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(tf.assign(w, w * 2)).tolist() == [[2, 2]] * 3
        assert sess.run(grad, {x: [[1, 2, 3]]}).tolist() == [[8, 8], [16, 16], [24, 24]]
    dataset = tf.data.Dataset.from_tensor_slices([1, 2]).make_one_shot_iterator().get_next()
    assert dataset.shape.ndims == 0


@row
def disabled():
    tf.disable_eager_execution()
    tf.disable_v2_behavior()
    tf.compat.v1.disable_v2_behavior()
    tf.compat.v1.disable_eager_execution()


@row
def version():
    assert tf.__version__ == tf.VERSION == '1.14.0' and int(tf.__version__[0]) < 2
    assert not tf.__version__.startswith('2.')


@row
def layer_names_of_tf_keras():
    x = Input((4,))
    model = Model(x, Dense(2)(Dense(3)(x)))
    assert [layer.name for layer in model.layers] in (['input_1', 'dense_1', 'dense'], ['input_1', 'dense', 'dense_1'])
    assert model.name == 'model' and type(model.layers[1]).__name__ == 'Dense'
    model.compile('adam', 'mse', metrics=['acc'])
    assert isinstance(model.optimizer, tf.keras.optimizers.Adam) and model.metrics_names == ['loss', 'acc']
    model.save_weights(path('checkpoint'))
    assert tf.train.latest_checkpoint(folder) == path('checkpoint') and os.path.exists(path('checkpoint.index'))
    model.load_weights(path('checkpoint'))


@row
def python_keras():
    from tensorflow.python import keras
    from tensorflow.python.keras.layers import Dense as PythonDense
    from tensorflow.python.keras import backend
    from tensorflow.python.keras.engine.base_layer import Layer
    assert keras is tf.keras and PythonDense is Dense and backend is K and Layer is tf.keras.layers.Layer


@row
def checkpoint_reader():
    from tensorflow.python import pywrap_tensorflow
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.get_variable('w', initializer=[1., 2.])
        sess.run(tf.global_variables_initializer())
        tf.train.Saver([w]).save(sess, path('plain.ckpt'))
    reader = pywrap_tensorflow.NewCheckpointReader(path('plain.ckpt'))
    assert reader.get_tensor('w').tolist() == [1, 2] and reader.has_tensor('w')
    assert reader.get_variable_to_shape_map() == {'w': [2]} and tf.pywrap_tensorflow is pywrap_tensorflow


@row
def zeros_in_datasets():
    def parse(x):
        return x + K.zeros((2,), dtype='int64'), K.ones_like(x), K.zeros(tf.shape(x)), K.ones((2,))

    dataset = tf.data.Dataset.from_tensor_slices(np.array([[1, 2], [3, 4]])).map(parse)
    values = K.get_session().run(dataset.make_one_shot_iterator().get_next())
    assert [value.tolist() for value in values] == [[1, 2], [1, 1], [0, 0], [1, 1]]
    K.set_value(K.zeros((2,)), [1, 2])


@row
def losses_of_layers():
    x, y = Input((3,), name='x'), Input((1,), name='y')
    output = Dense(1, kernel_initializer='ones')(x)
    squares = Lambda(lambda each: K.mean(K.square(each[0] - each[1])), name='squares')([output, y])
    distance = Lambda(lambda each: K.mean(K.abs(each[0] - each[1])), name='distance')([output, y])
    model = Model([x, y], [squares, distance])
    loss = {'squares': lambda y_true, y_pred: y_pred}
    loss['distance'] = lambda y_true, y_pred: K.stop_gradient(y_pred)
    model.compile(loss=loss, optimizer='sgd')
    zeros = np.zeros((4, 1), dtype='float32')
    data = {'x': np.ones((4, 3), dtype='float32'), 'y': zeros + 1}, {'squares': zeros, 'distance': zeros}
    fed = tf.data.Dataset.from_tensor_slices(data).repeat().shuffle(4).batch(4)  # all rows are alike
    history = model.fit(fed, steps_per_epoch=1, epochs=2).history
    # the weights go from 1 to 0.96, as only the first of both losses has a gradient
    assert np.allclose(history['squares_loss'], [4, 1.84 ** 2]) and np.allclose(history['distance_loss'], [2, 1.84])


@row
def losses_as_written():
    def deep(number):
        return number and 1 + deep(number - 1)

    def loss(y_true, y_pred):
        assert deep(600) == 600  # as many frames as Python leaves for it; rewritten, each takes several
        return K.mean(K.square(y_true - y_pred), -1)

    x = Input((2,))
    Model(x, Dense(1)(x)).compile('sgd', loss, metrics=[loss])


@row
def contrib():
    try:
        import tensorflow.contrib.crf as crf
    except ImportError:
        crf = None
    assert crf is None
    try:
        from tensorflow.contrib.rnn import LSTMCell
    except (ImportError, AttributeError):
        LSTMCell = tf.nn.rnn_cell.LSTMCell
    import tensorflow.contrib.slim as unused
    assert LSTMCell is tf.nn.rnn_cell.LSTMCell and not hasattr(unused, 'conv2d')
    try:
        tf.contrib.crf.crf_decode
    except AttributeError as error:
        assert 'does not exist any more; write' in str(error)
    else:
        assert False


@row
def python_names():
    from collections import Iterable, Mapping
    import inspect
    assert isinstance([], Iterable) and isinstance({}, Mapping) and time.clock() <= time.clock()
    assert np.zeros(2, np.int).dtype == np.int64 and np.array([u'a', 1], dtype=np.object).dtype == object
    assert np.isnan(np.NaN) and np.float(1) == 1.0 and np.float_ is np.float64 and np.product([2, 3]) == 6
    assert np.bool(1) and np.Inf > 1 and np.unicode_ is np.str_
    assert inspect.getargspec(path).args == ['name']
    args, varargs, keywords, defaults = inspect.getargspec(path)
    assert (args, varargs, keywords, defaults) == (['name'], None, None, None)


@row
def process():
    import builtins
    assert __name__ == '__main__' and __builtins__ is builtins and os.path.isabs(__file__)
    assert sys.modules['__main__'].__file__ == __file__ and sys.path[0] == os.path.dirname(__file__)
    assert __spec__ is None and __package__ is None and __cached__ is None


def later():
    time.sleep(0.5)
    import tensorflow as again
    from keras.layers import Dense as KerasDense
    print('thread', again is tf and KerasDense is Dense and hasattr(again, 'placeholder'))


def at_end():
    import tensorflow as again
    print('exit', again is tf and sys.modules['__main__'].__dict__ is globals())


report()
threading.Thread(target=later).start()
atexit.register(at_end)
