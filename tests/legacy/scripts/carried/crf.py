# -*- coding: utf-8 -*-
# A linear chain in the idiom of keras_contrib: the loss asks the node that made the prediction for inputs and mask.

from keras import backend as K
from keras import initializers
from keras.engine import InputSpec, Layer


def _node(y_pred):
    crf, index = y_pred._keras_history[:2]
    node = crf._inbound_nodes[index]
    return crf, node.input_tensors[0], node.input_masks[0]


def crf_loss(y_true, y_pred):
    crf, x, mask = _node(y_pred)
    if crf._outbound_nodes:
        raise TypeError('a CRF must be the last layer')
    if crf.sparse_target:
        y_true = K.one_hot(K.cast(y_true[:, :, 0], 'int32'), crf.units)
    return crf.negative_log_likelihood(y_true, x, mask)


def crf_viterbi_accuracy(y_true, y_pred):
    crf, x, mask = _node(y_pred)
    right = K.cast(K.equal(K.argmax(crf.decode(x, mask), -1), K.cast(y_true[:, :, 0], 'int64')), K.floatx())
    if mask is None:
        return K.mean(right)
    mask = K.cast(mask, K.floatx())
    return K.sum(right * mask) / K.sum(mask)


class CRF(Layer):
    def __init__(self, units, sparse_target=False, **kwargs):
        super(CRF, self).__init__(**kwargs)
        self.supports_masking = True
        self.units = units
        self.sparse_target = sparse_target
        self.input_spec = [InputSpec(ndim=3)]

    def build(self, input_shape):
        input_shape = tuple(input_shape)
        self.input_spec = [InputSpec(shape=input_shape)]
        self.input_dim = input_shape[-1]
        self.kernel = self.add_weight((self.input_dim, self.units), name='kernel',
                                      initializer=initializers.get('glorot_uniform'))
        self.chain = self.add_weight(shape=(self.units, self.units), name='chain', initializer='orthogonal')
        self.built = True

    @property
    def loss_function(self):
        return crf_loss

    @property
    def accuracy(self):
        return crf_viterbi_accuracy

    def call(self, x, mask=None):
        decoded = self.decode(x, mask)
        self.uses_learning_phase = True
        return K.in_train_phase(K.zeros_like(K.dot(x, self.kernel)), decoded)

    def compute_output_shape(self, input_shape):
        return input_shape[:2] + (self.units,)

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else K.any(mask, axis=1)

    def get_config(self):
        config = {'units': self.units, 'sparse_target': self.sparse_target}
        return dict(list(super(CRF, self).get_config().items()) + list(config.items()))

    def negative_log_likelihood(self, y, x, mask):
        scores = K.dot(x, self.kernel)
        ones = K.ones_like(scores[:, :, 0])
        mask = ones if mask is None else K.cast(mask, K.floatx())
        pairs = mask[:, :-1] * mask[:, 1:]
        gold = K.sum(K.sum(scores * y, 2) * mask, 1)
        gold += K.sum(K.sum(K.dot(y[:, :-1], self.chain) * y[:, 1:], 2) * pairs, 1)
        return (self.log_partition(scores, mask) - gold) / K.sum(mask, 1)

    def log_partition(self, scores, mask):
        def step(score, states):
            total, i, chain, masks = states[:4]
            t = K.cast(i[0, 0], 'int32')
            m = K.slice(masks, [0, t], [-1, 1])
            moved = K.logsumexp(K.expand_dims(total, 2) + chain, 1) + score
            total = m * moved + (1 - m) * total
            return total, [total, i + 1]

        start = scores[:, 0]
        states = [start, K.zeros_like(start[:, :1]) + 1]
        last, _, _ = K.rnn(step, scores[:, 1:], states, constants=[K.expand_dims(self.chain, 0), mask],
                           input_length=None, unroll=False)
        return K.logsumexp(last, 1)

    def decode(self, x, mask):
        """The tags with the largest marginal log-scores from both sides (exact enough for a test)."""
        scores = K.dot(x, self.kernel)
        mask = K.ones_like(scores[:, :, 0]) if mask is None else K.cast(mask, K.floatx())

        def forward(score, states):
            best, chain = states[:2]
            moved = K.max(K.expand_dims(best, 2) + chain, 1) + score
            return moved, [moved]

        def backward(score, states):
            best, chain = states[:2]
            moved = K.max(K.expand_dims(best, 1) + chain, 2) + score
            return moved, [moved]

        masked = scores * K.expand_dims(mask, 2)
        chain = [K.expand_dims(self.chain, 0)]
        zeros = K.zeros_like(masked[:, 0])
        _, left, _ = K.rnn(forward, masked, [zeros], constants=chain)
        _, right, _ = K.rnn(backward, masked, [zeros], constants=chain, go_backwards=True)
        return K.one_hot(K.argmax(left + K.reverse(right, 1) - masked, -1), self.units)
