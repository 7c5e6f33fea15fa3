# -*- coding: utf-8 -*-
# A script of bert4keras before 0.9. usage: rows_bert.py FOLDER FOLDER_OF_ENCODER

import os
import sys

import keras
import numpy as np
from bert4keras.backend import keras as bert_keras, K, sequence_masking, set_gelu
from bert4keras.bert import build_bert_model
from bert4keras.optimizers import Adam, extend_with_gradient_accumulation, extend_with_weight_decay
from bert4keras.snippets import AutoRegressiveDecoder, groupby, sequence_padding
from bert4keras.tokenizer import Tokenizer
from keras.layers import Dense
from rows import report, row

encoder = sys.argv[2]
tokenizer = Tokenizer(os.path.join(encoder, 'vocab.txt'), do_lower_case=True)


@row
def bert4keras_before():
    import bert4keras.utils
    from bert4keras.tokenizers import BasicTokenizer, load_vocab
    ids, segments = tokenizer.encode(u'本品用于气血两亏', max_length=6)
    assert len(ids) == len(segments) == 6 and (ids, segments) == tuple(tokenizer.encode(u'本品用于气血两亏', maxlen=6))
    assert len(tokenizer.tokenize(u'本品用于', max_length=4)) == 4 and isinstance(tokenizer, BasicTokenizer)
    assert bert4keras.utils.Tokenizer is Tokenizer and load_vocab
    try:
        tokenizer.encode(u'本品', first_length=9)
    except Exception as error:
        assert 'does not exist any more; write encode(text, maxlen=...)' in str(error), error
    else:
        assert False
    assert groupby('aabba') == [('a', ['a', 'a']), ('b', ['b', 'b']), ('a', ['a'])]
    assert groupby([3, 4, 5], 'xxy') == [('x', [3, 4]), ('y', [5])] and groupby([]) == []
    assert sequence_padding([[1], [1, 2]], padding=7).tolist() == [[1, 7], [1, 2]]

    x, mask = K.constant([[[3.], [4.]]]), K.constant([[1., 0.]])
    assert K.eval(sequence_masking(x, mask, mode=0)).ravel().tolist() == [3, 0]
    assert K.eval(sequence_masking(x, mask, mode=1)).ravel()[1] < -1e11

    class Two(AutoRegressiveDecoder):
        @AutoRegressiveDecoder.set_rtype('probas')
        def predict(self, inputs, output_ids, step):
            return np.eye(6)[np.minimum(output_ids[:, -1] + 1, 5)]

    assert Two(start_id=1, end_id=5, maxlen=9).beam_search([], topk=1).tolist() == [1, 2, 3, 4, 5]
    try:
        from bert4keras.snippets import Progress
    except (ImportError, AttributeError):
        Progress = None
    assert Progress is None


@row
def masking_with_infinity():
    x, mask = K.constant([[[3.], [4.]]]), K.constant([[1., 0.]])
    for value, sign in (('-inf', -1), ('inf', 1)):
        assert np.allclose(K.eval(sequence_masking(x, mask, value)).ravel(), [3, sign * 1e12])
        assert np.allclose(K.eval(sequence_masking(x, mask, value=value, axis=-2)).ravel(), [3, sign * 1e12])
    assert K.eval(sequence_masking(x, mask, 5, 1)).ravel().tolist() == [3, 5] and K.infinity() == 1e12
    all_masked = sequence_masking(K.constant([[3., 4.]]), K.constant([[0., 0.]]), '-inf')
    assert np.allclose(K.eval(K.softmax(all_masked)), 0.5)
    K.set_infinity(100)
    assert K.infinity() == 100 and K.eval(sequence_masking(x, mask, '-inf')).ravel().tolist() == [3, -100]
    K.set_infinity(1e12)


@row
def bert4keras_models():
    set_gelu('tanh')
    assert Dense(3).name == 'dense_1'
    model = build_bert_model(os.path.join(encoder, 'bert_config.json'), os.path.join(encoder, 'bert_model.ckpt'),
                             keep_words=None)
    x, s = tokenizer.encode(u'本品用于', u'气血')
    assert model.predict([np.array([x]), np.array([s])]).shape[:2] == (1, len(x))


@row
def extended_optimizers():
    assert extend_with_weight_decay(keras.optimizers.Adam).__mro__[1] is Adam
    assert extend_with_weight_decay(bert_keras.optimizers.Adam).__mro__[1] is Adam
    AdamG = extend_with_gradient_accumulation(keras.optimizers.Adam)
    model = keras.models.Sequential([Dense(1, kernel_initializer='ones', input_shape=(1,))])
    model.compile(AdamG(0.5, grad_accum_steps=2), 'mse')
    for expected in (1., 1.5):
        model.train_on_batch(np.ones((2, 1)), 2 * np.ones((2, 1)))
        assert np.isclose(model.get_weights()[0], expected, atol=1e-3), model.get_weights()


report()
