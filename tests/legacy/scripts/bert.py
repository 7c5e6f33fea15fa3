# -*- coding: utf-8 -*-
# What scripts do with bert4keras beside sequence labelling; what came of it is printed for the test.
# usage: bert.py FOLDER_OF_ENCODER OUTPUT RECOMPUTE

import json
import os
import sys

os.environ['TF_KERAS'] = '0'
os.environ['RECOMPUTE'] = sys.argv[3]

import numpy as np
import tensorflow as tf
from bert4keras.backend import keras, K, search_layer, recompute_grad
from bert4keras.layers import ConditionalRandomField, Layer
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam, extend_with_weight_decay
from bert4keras.snippets import AutoRegressiveDecoder, DataGenerator, sequence_padding
from bert4keras.tokenizers import Tokenizer
from keras.layers import Dense, Dropout, Lambda
from keras.models import Model, load_model

folder, output = sys.argv[1:3]
config_path, checkpoint_path = folder + '/bert_config.json', folder + '/bert_model.ckpt'
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
texts = [u'本品用于气血两亏', u'孕妇忌服', u'一次一丸', u'口服']
rng = np.random.RandomState(0)
facts = {}


def batch(texts):
    ids = sequence_padding([tokenizer.encode(text)[0] for text in texts])
    return [ids, np.zeros_like(ids)]


def gradients():
    """With RECOMPUTE=1 layers are computed twice, with the same gradients."""
    model = build_transformer_model(config_path, checkpoint_path, attention_dropout_rate=0.1)
    loss = K.mean(K.square(model.output[:, 0]))
    before = len([op for op in K.get_session().graph.get_operations() if op.type == 'Erf'])
    grads = K.gradients(loss, model.trainable_weights)
    after = len([op for op in K.get_session().graph.get_operations() if op.type == 'Erf'])
    grads = [K.zeros_like(w) + g for w, g in zip(model.trainable_weights, grads)]
    values = K.function(model.inputs, grads)(batch(texts))
    np.savez(output, *values)
    facts['computed again'] = after - before

    class Dropped(Layer):
        @recompute_grad
        def call(self, inputs):
            from bert4keras import layers
            return layers.Dropout(0.5)(inputs) * 3

    x = K.constant(np.ones((20, 20)))
    y = Dropped()(x)
    y_value, slope = K.function([K.learning_phase()], [y, K.gradients(y, [x])[0]])([1])
    facts['dropped'] = float((y_value == 0).mean())
    facts['same dropout'] = bool(np.array_equal(y_value, slope))


def checkpoints():
    """Weights written with the names of Google's BERT, as `save_weights_as_checkpoint` promises."""
    bert = build_transformer_model(config_path, checkpoint_path, return_keras_model=False)
    weights = bert.model.get_weights()
    path = output + '.ckpt'
    bert.save_weights_as_checkpoint(path)
    facts['variables'] = sorted(name for name, _ in tf.train.list_variables(path))
    facts['same as read'] = all(
        np.array_equal(tf.train.load_variable(path, name), tf.train.load_variable(checkpoint_path, name))
        for name in facts['variables']
    )
    again = build_transformer_model(config_path, path)
    facts['read back'] = all(np.array_equal(a, b) for a, b in zip(weights, again.get_weights()))
    fresh = build_transformer_model(config_path)
    kernels = [w for w in fresh.get_weights() if w.ndim == 2 and w.shape[0] == w.shape[1]]
    facts['weights of their own'] = not any(
        np.array_equal(a, b) for i, a in enumerate(kernels) for b in kernels[:i])


def generation():
    """A language model that always continues with the next id."""
    class Counter(AutoRegressiveDecoder):
        @AutoRegressiveDecoder.wraps(default_rtype='logits')
        def predict(self, inputs, output_ids, states):
            return self.last_token(counting).predict(output_ids)

    x = keras.layers.Input(shape=(None,))
    y = Lambda(lambda t: 20 * K.one_hot(K.cast(t, 'int32') + 1, 10))(x)
    counting = Model(x, y)
    decoder = Counter(start_id=2, end_id=7, maxlen=8)
    facts['beam search'] = decoder.beam_search([], topk=2).tolist()
    facts['sampled'] = [ids.tolist() for ids in decoder.random_sample([], n=2, topk=1)]
    lm = build_transformer_model(config_path, application='lm', with_mlm=True)
    facts['language model'] = list(lm.predict(batch(texts)).shape)


def adversarial_training(model, embedding_name, epsilon=1):
    """Adds the gradient's direction to the embeddings before each step, and takes it out afterwards."""
    if model.train_function is None:
        model._make_train_function()
    old_train_function = model.train_function
    for output in model.outputs:
        embedding_layer = search_layer(output, embedding_name)
        if embedding_layer is not None:
            break
    if embedding_layer is None:
        raise Exception('Embedding layer not found')

    embeddings = embedding_layer.embeddings
    gradients = K.gradients(model.total_loss, [embeddings])
    gradients = K.zeros_like(embeddings) + gradients[0]
    inputs = (model._feed_inputs + model._feed_targets + model._feed_sample_weights)
    embedding_gradients = K.function(inputs=inputs, outputs=[gradients], name='embedding_gradients')

    def train_function(inputs):
        grads = embedding_gradients(inputs)[0]
        delta = epsilon * grads / (np.sqrt((grads**2).sum()) + 1e-8)
        deltas.append(float(np.sqrt((delta**2).sum())))
        K.set_value(embeddings, K.eval(embeddings) + delta)
        outputs = old_train_function(inputs)
        K.set_value(embeddings, K.eval(embeddings) - delta)
        return outputs

    model.train_function = train_function


deltas = []


def training():
    """A CRF, adversarial steps, an h5 file with its loss."""
    tf.set_random_seed(2020)
    class Batches(DataGenerator):
        def __iter__(self, random=False):
            X = batch(self.data)
            yield X, (X[0] % 3) * (X[0] > 0)

    bert = build_transformer_model(config_path, checkpoint_path, dropout_rate=0.1)
    CRF = ConditionalRandomField(lr_multiplier=100)
    model = Model(bert.inputs, CRF(Dense(3)(bert.output)))
    AdamW = extend_with_weight_decay(Adam, 'AdamW')
    model.compile(
        loss=CRF.sparse_loss,
        optimizer=AdamW(1e-3, weight_decay_rate=0.01, exclude_from_weight_decay=['Norm', 'bias']),
        metrics=[CRF.sparse_accuracy]
    )
    generator = Batches(texts, 4)
    X, Y = next(generator.forfit())
    model.evaluate(X, Y, verbose=0)                    # loops that ran, then gradients through them
    adversarial_training(model, 'Embedding-Token', 0.5)
    history = model.fit_generator(generator.forfit(), steps_per_epoch=1, epochs=12, verbose=0).history
    facts['losses'] = history['loss'][0], history['loss'][-1]
    facts['accuracy'] = history['sparse_accuracy'][-1]
    facts['deltas'] = deltas
    expected = model.predict(X)
    facts['predict_generator'] = bool(np.array_equal(
        model.predict_generator(generator.fortest(), steps=1), expected))
    model.save(output + '.h5')
    loss = model.evaluate(X, Y, verbose=0)
    again = load_model(output + '.h5')
    facts['h5 predicts'] = bool(np.array_equal(again.predict(X), expected))
    facts['h5 loss'] = [float(np.mean(loss[0])), float(np.mean(again.evaluate(X, Y, verbose=0)[0]))]
    facts['h5 optimizer'] = type(again.optimizer).__name__
    config = {'class_name': 'Adam', 'config': Adam(1e-3).get_config()}
    facts['h5 adam'] = type(keras.optimizers.deserialize(config)) is Adam


gradients()
if sys.argv[3] == '0':
    K.clear_session()
    checkpoints()
    K.clear_session()
    generation()
    K.clear_session()
    training()
print(json.dumps(facts))
