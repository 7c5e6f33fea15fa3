#! -*- coding: utf-8 -*-
# A script as people wrote them around 2020 after bert4keras' examples, for the test to run unmodified.
# Sequence labelling with a CRF; data: one character, a tab, its BIO tag per line, blank lines between texts.
# usage: ner_crf.py TRAIN VALID FOLDER_OF_ENCODER EPOCHS LEARNING_RATE CRF_MULTIPLIER

import json
import sys

import numpy as np
from bert4keras.backend import keras, K
from bert4keras.layers import ConditionalRandomField
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from bert4keras.snippets import open, ViterbiDecoder, to_array
from bert4keras.snippets import sequence_padding, DataGenerator
from bert4keras.tokenizers import Tokenizer
from keras.layers import Dense
from keras.models import Model

train_path, valid_path, folder = sys.argv[1:4]
maxlen = 256
epochs = int(sys.argv[4])
batch_size = 8
learning_rate = float(sys.argv[5])
crf_lr_multiplier = float(sys.argv[6])

config_path = folder + '/bert_config.json'
checkpoint_path = folder + '/bert_model.ckpt'
dict_path = folder + '/vocab.txt'


def load_data(filename):
    """Each text becomes [text, (start, end, label), (start, end, label), ...], ends included.
    """
    D = []
    with open(filename, encoding='utf-8') as f:
        for block in f.read().split('\n\n'):
            if not block.strip():
                continue
            d = ['']
            for i, line in enumerate(block.strip().split('\n')):
                char, tag = line.split('\t')
                d[0] += char
                if tag[0] == 'B':
                    d.append([i, i, tag[2:]])
                elif tag[0] == 'I':
                    d[-1][1] = i
            D.append(d)
    return D


train_data = load_data(train_path)
valid_data = load_data(valid_path)
categories = sorted(set(label for d in train_data for _, _, label in d[1:]))

tokenizer = Tokenizer(dict_path, do_lower_case=True)


class data_generator(DataGenerator):
    """Batches of token ids, segment ids, labels.
    """
    def __iter__(self, random=False):
        batch_token_ids, batch_segment_ids, batch_labels = [], [], []
        for is_end, d in self.sample(random):
            tokens = tokenizer.tokenize(d[0], maxlen=maxlen)
            mapping = tokenizer.rematch(d[0], tokens)
            start_mapping = {j[0]: i for i, j in enumerate(mapping) if j}
            end_mapping = {j[-1]: i for i, j in enumerate(mapping) if j}
            token_ids = tokenizer.tokens_to_ids(tokens)
            segment_ids = [0] * len(token_ids)
            labels = np.zeros(len(token_ids))
            for start, end, label in d[1:]:
                if start in start_mapping and end in end_mapping:
                    start, end = start_mapping[start], end_mapping[end]
                    labels[start] = categories.index(label) * 2 + 1
                    labels[start + 1:end + 1] = categories.index(label) * 2 + 2
            batch_token_ids.append(token_ids)
            batch_segment_ids.append(segment_ids)
            batch_labels.append(labels)
            if len(batch_token_ids) == self.batch_size or is_end:
                batch_token_ids = sequence_padding(batch_token_ids)
                batch_segment_ids = sequence_padding(batch_segment_ids)
                batch_labels = sequence_padding(batch_labels)
                yield [batch_token_ids, batch_segment_ids], batch_labels
                batch_token_ids, batch_segment_ids, batch_labels = [], [], []


model = build_transformer_model(config_path, checkpoint_path)
output = Dense(len(categories) * 2 + 1)(model.output)
CRF = ConditionalRandomField(lr_multiplier=crf_lr_multiplier)
output = CRF(output)

model = Model(model.input, output)
model.compile(
    loss=CRF.sparse_loss,
    optimizer=Adam(learning_rate),
    metrics=[CRF.sparse_accuracy]
)


class NamedEntityRecognizer(ViterbiDecoder):
    """Finds the entities of one text.
    """
    def recognize(self, text):
        tokens = tokenizer.tokenize(text, maxlen=512)
        mapping = tokenizer.rematch(text, tokens)
        token_ids = tokenizer.tokens_to_ids(tokens)
        segment_ids = [0] * len(token_ids)
        token_ids, segment_ids = to_array([token_ids], [segment_ids])
        nodes = model.predict([token_ids, segment_ids])[0]
        labels = self.decode(nodes)
        entities, starting = [], False
        for i, label in enumerate(labels):
            if label > 0:
                if label % 2 == 1:
                    starting = True
                    entities.append([[i], categories[(label - 1) // 2]])
                elif starting:
                    entities[-1][0].append(i)
                else:
                    starting = False
            else:
                starting = False
        return [(mapping[w[0]][0], mapping[w[-1]][-1], l) for w, l in entities if mapping[w[0]] and mapping[w[-1]]]


NER = NamedEntityRecognizer(trans=K.eval(CRF.trans), starts=[0], ends=[0])


def evaluate(data):
    """Precision, recall and F1 of exact entities.
    """
    X, Y, Z = 1e-10, 1e-10, 1e-10
    for d in data:
        R = set(NER.recognize(d[0]))
        T = set([tuple(i) for i in d[1:]])
        X += len(R & T)
        Y += len(R)
        Z += len(T)
    return 2 * X / (Y + Z), X / Y, X / Z


class Evaluator(keras.callbacks.Callback):
    """Keeps the weights of the best epoch.
    """
    def __init__(self):
        self.best_val_f1 = 0
        self.history = []

    def on_epoch_end(self, epoch, logs=None):
        NER.trans = K.eval(CRF.trans)
        f1, precision, recall = evaluate(valid_data)
        self.history.append((float(logs['loss']), f1))
        if f1 >= self.best_val_f1:
            self.best_val_f1 = f1
            model.save_weights('./best_model.weights')
        print('valid: f1: %.5f, precision: %.5f, recall: %.5f, best f1: %.5f' % (
            f1, precision, recall, self.best_val_f1
        ))


if __name__ == '__main__':

    evaluator = Evaluator()
    train_generator = data_generator(train_data, batch_size)

    model.fit_generator(
        train_generator.forfit(),
        steps_per_epoch=len(train_generator),
        epochs=epochs,
        callbacks=[evaluator],
        verbose=0
    )
    model.load_weights('./best_model.weights')
    NER.trans = K.eval(CRF.trans)
    print(json.dumps({'history': evaluator.history, 'best': evaluate(valid_data)[0]}))

else:

    model.load_weights('./best_model.weights')
    NER.trans = K.eval(CRF.trans)
