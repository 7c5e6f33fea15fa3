# -*- coding: utf-8 -*-
# A script of Keras 2.3: import keras. usage: rows_keras.py FOLDER

import importlib
import os
import re
import sys

import h5py
import keras
import numpy as np
import tensorflow as tf
from bert4ner.legacy.table import NAMES
from bert4ner.legacy.unsupported import INSTEAD
from carried.crf import CRF, crf_loss, crf_viterbi_accuracy
from keras import backend as K
from keras import initializers
from keras.callbacks import Callback, EarlyStopping, ModelCheckpoint
from keras.engine.topology import InputSpec, Layer
from keras.layers import *
from keras.legacy import interfaces
from keras.models import Input, Model, Sequential, load_model
from keras.optimizers import Adam, Optimizer
from rows import report, row

folder = sys.argv[1]
rng = np.random.RandomState(0)
X = rng.normal(size=(32, 4)).astype('float32')
Y = np.eye(3)[X.argmax(1) % 3]


def path(name):
    return os.path.join(folder, name)


def classifier(optimizer='adam', metrics=('accuracy',)):
    model = Sequential([Dense(8, activation='tanh', input_shape=(4,)), Dense(3, activation='softmax')])
    model.compile(optimizer, 'categorical_crossentropy', metrics=list(metrics))
    return model


@row
def layer_names():
    K.clear_session()
    x = Input((4,))
    h = Dense(3)(x)
    model = Model(x, Dropout(0.5)(Dense(2)(h)))
    names = [layer.name for layer in model.layers]
    assert names == ['input_1', 'dense_1', 'dense_2', 'dropout_1'], names
    assert model.name == 'model_1' and model.get_layer('dense_2').units == 2
    assert classifier().name == 'sequential_1'
    assert keras.__version__ == '2.3.1' and int(tf.__version__[0]) == 2


@row
def aliases():
    from keras.callbacks.callbacks import ModelCheckpoint as Checkpoint
    from keras.engine import Layer as EngineLayer
    from keras.engine.base_layer import Node
    from keras.engine.saving import load_model as load, load_weights_from_hdf5_group_by_name
    from keras.layers.core import Lambda as CoreLambda
    from keras.utils import print_summary
    from keras.utils.conv_utils import conv_output_length
    from keras.utils.generic_utils import has_arg, to_list
    from keras.utils.layer_utils import count_params
    from keras.utils.np_utils import to_categorical
    import keras.engine.training as training
    import keras.backend.tensorflow_backend as KTF
    assert Checkpoint is ModelCheckpoint and EngineLayer is Layer and CoreLambda is Lambda
    assert load is load_model and training.Model is Model and KTF is K
    assert conv_output_length(10, 3, 'valid', 1) == 8 and to_list(1) == [1] and has_arg(Dense, 'units')
    lines = []
    print_summary(classifier(), print_fn=lines.append)
    assert any('dense' in line for line in lines)
    assert Input is keras.layers.Input and InputLayer is keras.engine.input_layer.InputLayer
    assert all(callable(each) for each in (load_weights_from_hdf5_group_by_name, Node, count_params, to_categorical))
    assert keras.objectives.mse is keras.losses.mse


@row
def tf_keras():
    from tensorflow.keras.layers import Dense as TFDense
    assert TFDense is Dense and tf.keras.layers.Dense is keras.layers.Dense
    assert tf.keras.optimizers.Adam is not keras.optimizers.Adam


@row
def files():
    model = classifier()
    model.fit(X, Y, epochs=1, verbose=0)
    expected = model.predict(X)
    for name in ('x.model', 'x.weights.h5', 'x'):
        model.save_weights(path('w-' + name))
        with h5py.File(path('w-' + name), 'r') as file:
            assert [each for each in file.attrs['layer_names']] == [layer.name for layer in model.layers]
        fresh = classifier()
        fresh.load_weights(path('w-' + name))
        assert np.allclose(fresh.predict(X), expected)
        model.save(path('m-' + name))
        assert h5py.is_hdf5(path('m-' + name)), name
        again = load_model(path('m-' + name))
        assert np.allclose(again.predict(X), expected)
    assert type(again.optimizer) is Adam
    old, new = (each.optimizer.get_weights() for each in (model, again))
    assert len(old) == len(new) and all(np.allclose(a, b) for a, b in zip(old, new))
    for name in ('best.weights', 'best-{epoch:02d}-{val_acc:.2f}.h5'):
        checkpoint = ModelCheckpoint(path(name), monitor='val_acc', save_best_only=True, mode='max',
                                     save_weights_only='weights' in name, period=1)
        model.fit(X, Y, validation_data=(X, Y), epochs=1, verbose=0, callbacks=[checkpoint])
        assert os.path.exists(path(name)) or any(each.startswith('best-01-') for each in os.listdir(folder)), name


@row
def validation_data():
    seen = []

    class Watching(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append([each.copy() for each in self.validation_data])

    model = classifier()
    model.fit(X, Y, validation_data=(X[:8], Y[:8]), epochs=1, verbose=0, callbacks=[Watching()])
    model.fit(X, Y, validation_split=0.25, epochs=1, verbose=0, callbacks=[Watching()])

    def batches():
        while True:
            yield X[:8], Y[:8]

    model.fit_generator(batches(), 2, epochs=1, validation_data=([X[:8]], Y[:8]), verbose=0, callbacks=[Watching()])
    for (x, y, weights), expected in zip(seen, (X[:8], X[24:], X[:8])):
        assert np.array_equal(x, expected) and y.shape == (8, 3) and weights.tolist() == [1] * 8
    assert len(seen) == 3


@row
def accuracy():
    for metric in ('accuracy', 'acc'):
        logged, batch_logged = {}, {}

        class Watching(Callback):
            def on_epoch_end(self, epoch, logs=None):
                logged.update(logs)

            def on_batch_end(self, batch, logs=None):
                batch_logged.update(logs)

        model = classifier(metrics=[metric])
        best = ModelCheckpoint(path(metric + '.h5'), monitor='val_acc', save_best_only=True, mode='max')
        history = model.fit(X, Y, validation_data=(X, Y), epochs=2, verbose=0, batch_size=12,
                            callbacks=[Watching(), best, EarlyStopping('val_accuracy', patience=9)]).history
        assert os.path.exists(path(metric + '.h5'))
        for name in ('acc', 'accuracy'):
            assert abs(logged['val_' + name] - model.evaluate(X, Y, verbose=0)[1]) < 1e-6
            assert history[name] == history['acc'] and len(history[name]) == 2 and name in batch_logged
        assert model.metrics_names == ['loss', 'acc']
    x = Input((4,))
    two = Model(x, [Dense(3, activation='softmax', name='one')(x), Dense(3, activation='softmax', name='two')(x)])
    two.compile('sgd', 'categorical_crossentropy', metrics=['accuracy'])
    history = two.fit(X, [Y, Y], validation_split=0.25, epochs=1, verbose=0).history
    assert history['val_two_acc'] == history['val_two_accuracy'] and 'one_accuracy' in history


@row
def build_shapes():
    class Attention(Layer):
        def __init__(self, units, **kwargs):
            self.units = units
            super(Attention, self).__init__(**kwargs)

        def build(self, s):
            assert s[1] is None and s[-1] == 4 and s[2].value == 4 and len(s) == 3
            assert s[-1] ** 0.5 == 2.0 and np.sqrt(s[-1]) == 2.0 and isinstance(s[-1], int)
            assert tuple(s) == (None, None, 4) and s[:2] + (3,) == (None, None, 3) and (5,) + s[1:] == (5, None, 4)
            assert s.as_list() == [None, None, 4] and s.ndims == 3 and np.prod(s[2:]) == 4
            assert '%s' % (s,) == '(None, None, 4)'
            self.w = self.add_weight(shape=(s[-1], self.units), initializer='glorot_uniform', name='w')
            self.input_spec = [InputSpec(ndim=3, axes={-1: s[-1]})]
            self.scale = s[-1] ** 0.5
            super(Attention, self).build(s)

        def call(self, x, mask=None):
            return K.dot(x, self.w) / self.scale

        def compute_output_shape(self, s):
            return s[:-1] + (self.units,)

    class Pair(Layer):
        def build(self, shapes):
            assert isinstance(shapes, list) and shapes[0][-1] == 2 and shapes[1][0] is None
            self.built = True

        def call(self, inputs):
            return K.concatenate(inputs)

    class Own(LSTM):
        def build(self, s):
            super(Own, self).build(s)

    x = Input((None, 4))
    y = Own(5)(Bidirectional(LSTM(3, return_sequences=True))(Pair()([Attention(2)(x), x])))
    model = Model(x, Dense(1)(y))
    assert model.predict(rng.normal(size=(2, 3, 4))).shape == (2, 1)
    assert K.int_shape(model.layers[1].output) == (None, None, 2)


@row
def layers_then():
    class Old(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1], 2), initializer='ones', name='w')
            self.b = K.zeros((2,), name='b')
            self.trainable_weights = [self.w, self.b]
            super(Old, self).build(input_shape)

        def call(self, x):
            y = K.dot(x, self.w) + self.b
            self.add_metric(K.mean(y), 'mean_of_y')
            return y

        def compute_output_shape(self, input_shape):
            return (input_shape[0], 2)

    x = Input((4,))
    layer = Old()
    y = layer(x)
    assert len(layer.trainable_weights) == 2 and len(layer.get_weights()) == 2
    assert y._keras_shape == (None, 2) and x._keras_shape == (None, 4)
    y._keras_shape = (None, 3)
    assert y._keras_shape == (None, 3)
    model = Model(x, y)
    model.add_metric(K.max(y), 'largest')
    model.compile('sgd', 'mse')
    history = model.fit(X, X[:, :2], verbose=0, batch_size=32).history
    assert np.isclose(history['mean_of_y'][0], X.sum(1).mean(), atol=1e-5) and 'largest' in history, history
    assert np.abs(layer.get_weights()[1]).max() > 0
    first = Dense(3)
    first(x)
    assert first._inbound_nodes[0].input_tensors == [x] and first._inbound_nodes[0].input_masks == [None]
    assert first._inbound_nodes[0].output_tensors is not None and first.input is x


@row
def backend():
    x = K.constant(np.arange(12).reshape(3, 4))
    assert K.eval(K.slice(x, [1, 0], [-1, 2])).tolist() == [[4, 5], [8, 9]]
    assert K.is_tensor(x) and not K.is_tensor(3) and K.is_placeholder(K.placeholder((2,))) and not K.is_placeholder(x)
    assert K.is_variable(K.zeros((2,))) and K.eval(K.size(x)) == 12 and K.eval(K.identity(x)).shape == (3, 4)
    assert K.normalize_data_format(None) == 'channels_last' and K.get_variable_shape(x) == (3, 4)
    assert K.symbolic(len) is len and K.eager(len) is len and K.epislon() == K.epsilon()
    assert np.isclose(K.eval(K.logsumexp(x)), np.log(np.exp(np.arange(12)).sum())) and K.tf.placeholder
    with K.control_dependencies([x]):
        assert K.backend() == 'tensorflow' and K.image_data_format() == 'channels_last'


class SignDescent(Optimizer):
    """Moves each weight by the learning rate, by the sign of its gradient."""

    def __init__(self, lr=0.01, decay=0., **kwargs):
        super(SignDescent, self).__init__(**kwargs)
        with K.name_scope(self.__class__.__name__):
            self.iterations = K.variable(0, dtype='int64', name='iterations')
            self.lr = K.variable(lr, name='lr')

    @interfaces.legacy_get_updates_support
    def get_updates(self, loss, params):
        grads = self.get_gradients(loss, params)
        self.updates = [K.update_add(self.iterations, 1)]
        self.weights = [self.iterations]
        for p, g in zip(params, grads):
            self.updates.append(K.update(p, p - self.lr * K.sign(g)))
        return self.updates

    def get_config(self):
        return dict(super(SignDescent, self).get_config(), lr=float(K.get_value(self.lr)))


class Halved(Adam):
    """Adam with a rate of half, through its own updates."""

    def get_updates(self, loss, params):
        lr, self.lr = self.lr, self.lr * 0.5
        updates = super(Halved, self).get_updates(loss, params)
        self.lr = lr
        return updates


class Wrapped(Optimizer):
    """Has another optimizer make the updates, with half of the gradients."""

    def __init__(self, optimizer, **kwargs):
        super(Wrapped, self).__init__(**kwargs)
        self.optimizer = optimizer
        self.lr = optimizer.lr
        for attr in optimizer.get_config():
            if not hasattr(self, attr):
                setattr(self, attr, getattr(optimizer, attr))

    def get_updates(self, loss, params):
        grads = self.get_gradients(loss, params)
        self.optimizer.get_gradients = lambda loss, params: [g / 2 for g in grads]
        self.updates = self.optimizer.get_updates(loss, params)
        self.weights.extend(self.optimizer.weights)
        return self.updates


def one_weight(optimizer):
    model = Sequential([Dense(1, use_bias=False, kernel_initializer='ones', input_shape=(1,))])
    model.compile(loss='mse', optimizer=optimizer)
    return model


@row
def get_updates():
    ones, twos = np.ones((4, 1)), 2 * np.ones((4, 1))
    for optimizer, after in ((Halved(lr=0.5), 1.25), (Wrapped(keras.optimizers.SGD(lr=0.25)), 1.25),
                             (keras.optimizers.SGD(learning_rate=0.25), 1.5), (SignDescent(lr=0.25), 1.25)):
        model = one_weight(optimizer)
        model.train_on_batch(ones, twos)
        assert np.isclose(model.get_weights()[0], after, atol=1e-4), (type(optimizer), model.get_weights())
    model.fit(ones, twos, epochs=2, verbose=0)
    assert np.isclose(model.get_weights()[0], 1.75)
    model.save(path('sign.h5'))
    again = load_model(path('sign.h5'), custom_objects={'SignDescent': SignDescent})
    assert type(again.optimizer) is SignDescent and K.get_value(again.optimizer.lr) == 0.25

    class OfTensorFlow(tf.keras.optimizers.Optimizer):  # that of TensorFlow before 1.13
        __init__, get_updates, get_config = SignDescent.__init__, SignDescent.get_updates, SignDescent.get_config

    assert issubclass(OfTensorFlow, Optimizer)
    assert interfaces.generate_legacy_interface(allowed_positional_args=['units'])(len) is len


@row
def optimizers():
    adam = Adam(lr=0.1, decay=0.5, clipnorm=1.)
    model = one_weight(adam)
    assert model.optimizer is adam and K.get_value(model.optimizer.lr) == np.float32(0.1)
    K.set_value(model.optimizer.lr, 0.2)
    assert K.get_value(adam.learning_rate) == np.float32(0.2)
    assert adam.get_config()['decay'] == 0.5 and isinstance(keras.optimizers.get('adam'), Adam)
    stopping = keras.callbacks.ReduceLROnPlateau('loss', factor=0.5, patience=0, min_delta=1e9)
    model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[stopping])
    assert K.get_value(adam.lr) < 0.11
    assert isinstance(adam, keras.optimizers.Optimizer)


@row
def carried_crf():
    K.clear_session()
    x = Input((7,))
    h = Embedding(12, 8, mask_zero=True)(x)
    h = TimeDistributed(Dense(16, activation='tanh'))(h)
    crf = CRF(3, sparse_target=True)
    model = Model(x, crf(h))
    model.compile(Adam(0.05), loss=crf.loss_function, metrics=[crf.accuracy])
    ids = rng.randint(1, 12, size=(24, 7))
    ids[12:, 5:] = 0
    tags = (ids % 3)[..., None]
    first = model.evaluate(ids, tags, verbose=0)
    history = model.fit(ids, tags, epochs=8, verbose=0, validation_data=(ids, tags)).history
    loss, right = model.evaluate(ids, tags, verbose=0)
    assert loss < 0.2 * first[0] and right > 0.95, (first, loss, right)
    assert [name for name in history if 'acc' in name], history
    assert (model.predict(ids).argmax(-1) == tags[..., 0])[ids > 0].mean() > 0.95
    model.save(path('crf.model'))
    again = load_model(path('crf.model'), custom_objects={
        'CRF': CRF, 'crf_loss': crf_loss, 'crf_viterbi_accuracy': crf_viterbi_accuracy})
    assert np.allclose(again.predict(ids), model.predict(ids))


def resolve(dotted):
    """The value of a dotted name: modules are imported, all else is looked up."""
    parts = dotted.split('.')
    value = importlib.import_module(parts[0])
    for place, part in enumerate(parts[1:], 2):
        try:
            value = getattr(value, part)
        except AttributeError:
            value = importlib.import_module('.'.join(parts[:place]))
    return value


@row
def every_name():
    short = {'K': 'keras.backend', 'tf': 'tensorflow'}
    names = [name for each in NAMES for name in re.findall(r'`((?:K|tf|keras|tensorflow)\.[\w.]+)`', each.names)]
    assert len(names) > 40
    for name in names:
        root, _, rest = name.partition('.')
        resolve(short.get(root, root) + '.' + rest)


@row
def gone():
    for name in [name for name in INSTEAD if '(' not in name and not name.startswith('bert4keras')]:
        try:
            found = resolve(name)
            if name != 'tensorflow.contrib':
                found() if name == 'tensorflow.enable_eager_execution' else found.anything
        except (ImportError, AttributeError):
            continue
        assert name == 'tensorflow.contrib', '%s is there: %s' % (name, found)


report()
