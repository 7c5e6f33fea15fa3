# -*- coding: utf-8 -*-
# Names of TensorFlow 1 and Keras 2 as scripts use them; what came of them is printed for the test.
# usage: names.py --width N FOLDER

import json
import os
import sys

import numpy as np
import tensorflow as tf
import keras
import keras.backend.tensorflow_backend as KTF
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import *
from keras.layers.core import Lambda
from keras.models import Model, Sequential, load_model
from keras.utils import np_utils
from tensorflow.keras.layers import Dense as TFDense

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_integer('width', 3, 'width of a layer')

facts = {}
config = tf.ConfigProto(allow_soft_placement=True)
config.gpu_options.allow_growth = True
KTF.set_session(tf.Session(config=config))
tf.logging.set_verbosity(tf.logging.ERROR)


class Scaled(Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(name='factor', shape=(int(input_shape[-1]),), initializer='ones')
        super(Scaled, self).build(input_shape)

    def call(self, inputs):
        return inputs * self.factor

    def compute_output_shape(self, input_shape):
        return input_shape


def graphs():
    """TensorFlow without Keras."""
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, 2], name='x')
        s = tf.sparse_placeholder(tf.float32, shape=[2, 3])
        with tf.variable_scope('dense', reuse=tf.AUTO_REUSE):
            w = tf.get_variable('w', [2, FLAGS.width], initializer=tf.constant_initializer(2.0))
        y = tf.matmul(x, w)
        total = tf.sparse_reduce_sum(s)
        loss = tf.reduce_mean(tf.square(y), reduction_indices=[0, 1])
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        log = tf.log(tf.to_float(tf.constant([1])))
        facts['width'] = y.shape[1].value
        facts['default graph'] = tf.get_default_graph() is graph
        saver = tf.train.Saver()
        with tf.Session(graph=graph) as sess:
            sess.run(tf.global_variables_initializer())
            facts['y'] = sess.run(y, feed_dict={x: [[1, 2]]}).tolist()
            value = tf.SparseTensorValue([[0, 0], [1, 2]], [1.5, 2.0], [2, 3])
            facts['sparse'] = float(sess.run(total, {s: value}))
            sess.run(train, {x: [[1, 2]]})
            facts['w'] = sess.run(w).tolist()
            saver.save(sess, os.path.join(FLAGS.folder, 'plain.ckpt'))
            facts['log'] = sess.run(log).tolist()
    reader = tf.train.NewCheckpointReader(os.path.join(FLAGS.folder, 'plain.ckpt'))
    facts['saved'] = reader.get_tensor('dense/w').tolist()


def networks():
    """Keras on tf.Session."""
    x_in = Input(shape=(4,))
    x = Scaled()(x_in)
    x = Dense(3, activation='tanh', kernel_initializer=keras.initializers.Constant(0.1))(x)
    y = Lambda(lambda t: K.softmax(t))(x)
    model = Model(x_in, y)
    model.compile('adam', 'categorical_crossentropy')
    model.compile(loss='categorical_crossentropy', optimizer=keras.optimizers.Adam(lr=0.01, decay=0.0))
    facts['lr'] = float(K.get_value(model.optimizer.lr))
    K.set_value(model.optimizer.lr, 0.05)

    rng = np.random.RandomState(0)
    X = rng.normal(size=(16, 4)).astype('float32')
    Y = np_utils.to_categorical(X.argmax(1) % 3, 3)

    def generator():
        while True:
            for i in range(0, 16, 8):
                yield X[i:i + 8], Y[i:i + 8]

    history = model.fit_generator(generator(), steps_per_epoch=2, epochs=30, verbose=0)
    facts['losses'] = history.history['loss'][0], history.history['loss'][-1]
    predicted = model.predict_generator((x for x, _ in generator()), steps=2)
    facts['predict_generator'] = bool(np.allclose(predicted, model.predict(X), atol=1e-6))

    sess = K.get_session()
    facts['session'] = isinstance(sess, tf.Session)
    direct = sess.run(model.output, feed_dict={model.input: X, K.learning_phase(): 0})
    facts['session.run'] = bool(np.allclose(direct, predicted, atol=1e-6))
    hidden = K.function([model.input, K.learning_phase()], [model.layers[2].output])
    facts['function'] = list(hidden([X, 0])[0].shape)

    target = K.sum(K.log(model.output[:, 0]))
    gradients = K.gradients(target, [model.input])[0]
    backward = K.function([model.input], [gradients, target])
    facts['gradient'] = backward([X[:2]])[0].tolist()
    step = 1e-2
    numeric = np.zeros((2, 4))
    for i in range(2):
        for j in range(4):
            for sign in (1, -1):
                moved = X[:2].copy()
                moved[i, j] += sign * step
                numeric[i, j] += sign * backward([moved])[1] / (2 * step)
    facts['numeric gradient'] = numeric.tolist()

    path = os.path.join(FLAGS.folder, 'model.h5')
    model.save(path)
    again = load_model(path, custom_objects={'Scaled': Scaled})
    sequential = Sequential([Dense(3, input_shape=(4,), activation='softmax')])
    facts['predict_classes'] = bool((sequential.predict_classes(X) == sequential.predict_proba(X).argmax(1)).all())
    facts['h5'] = bool(np.allclose(again.predict(X), predicted, atol=1e-6))
    facts['layer class'] = isinstance(model.layers[2], TFDense)
    facts['keras'] = keras.__version__
    facts['tf.keras'] = tf.keras.layers.Dense is keras.layers.Dense


def main(_):
    graphs()
    networks()
    tf.logging.info('not shown')
    facts['argv'] = sys.argv[1:]
    facts['path'] = sys.path[0]
    facts['file'] = __file__
    facts['placeholder'] = hasattr(tf, 'placeholder') and not hasattr(tf, 'no_such_name')
    print(json.dumps(facts))


flags.DEFINE_string('folder', '.', 'where files go')

if __name__ == '__main__':
    tf.app.run()
