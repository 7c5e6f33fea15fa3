# -*- coding: utf-8 -*-
# Steps of bert4keras' optimizers on weights whose gradients are known: rows of an embedding, a constant, a distance.
# usage: optimizers.py OUTPUT

import json
import sys

import numpy as np
from bert4keras.backend import keras, K
from bert4keras.optimizers import *

STEPS = 7
IDS = np.array([1, 3, 3])                              # rows 0, 2 of the embedding are never seen


def make(name):
    if name == 'adam':
        return Adam(0.1)
    if name == 'adam_plain':
        return Adam(0.1, bias_correction=False)
    if name == 'lion':
        return Lion(0.1)
    if name == 'adafactor':
        return AdaFactor(0.1, min_dim_size_to_factor=2, beta1=0.5)
    if name == 'adafactor_free':
        return AdaFactor(None)
    if name == 'weight_decay':
        return extend_with_weight_decay(Adam, 'AdamW')(0.1, weight_decay_rate=0.2, exclude_from_weight_decay=['bias'])
    if name == 'keras_adam':
        return extend_with_weight_decay(keras.optimizers.Adam)(0.1, weight_decay_rate=0.2)
    if name == 'layer_adaptation':
        return extend_with_layer_adaptation(Adam)(0.1, exclude_from_layer_adaptation=['bias'])
    if name == 'piecewise_linear_lr':
        return extend_with_piecewise_linear_lr(Adam)(0.1, lr_schedule={4: 1, 6: 0.5})
    if name == 'gradient_accumulation':
        return extend_with_gradient_accumulation(Adam)(0.1, grad_accum_steps=3)
    if name == 'accumulated_schedule':
        return extend_with_gradient_accumulation(extend_with_piecewise_linear_lr(Adam))(
            0.1, grad_accum_steps=3, lr_schedule={4: 1, 6: 0.5})
    if name == 'scheduled_accumulation':
        return extend_with_piecewise_linear_lr(extend_with_gradient_accumulation(Adam))(
            0.1, grad_accum_steps=3, lr_schedule={4: 1, 6: 0.5})
    if name == 'lookahead':
        return extend_with_lookahead(Adam)(0.1, steps_per_slow_update=3, slow_step_size=0.25)
    if name == 'lazy_optimization':
        return extend_with_lazy_optimization(Adam)(0.1, include_in_lazy_optimization=['Embedding'])
    if name == 'exponential_moving_average':
        return extend_with_exponential_moving_average(Adam)(0.1, ema_momentum=0.9)
    if name == 'accumulated_average':
        return extend_with_gradient_accumulation(extend_with_exponential_moving_average(Adam))(
            0.1, grad_accum_steps=3, ema_momentum=0.9)
    if name == 'parameter_wise_lr':
        return extend_with_parameter_wise_lr(Adam)(0.1, paramwise_lr_schedule={'Transformer-1': 0.5, 'Embedding': 2})


results, made = {}, []
for name in sys.argv[2:]:
    rng = np.random.RandomState(1)
    E = K.variable(rng.normal(size=(4, 3)), name='Embedding-Token/embeddings')
    W = K.variable(rng.normal(size=(3, 2)), name='Transformer-1-Dense/kernel')
    B = K.variable(rng.normal(size=(2,)), name='Transformer-10-Dense/bias')
    t = K.placeholder(shape=())
    rows = K.gather(E, K.constant(IDS, dtype='int32'))
    loss = 0.5 * K.sum(K.square(rows - 1)) + K.sum(W * (t + 0.5)) + 0.5 * K.sum(K.square(B + 2))
    optimizer = make(name)
    updates = optimizer.get_updates(loss, [E, W, B])
    made.append((name, optimizer, K.function([t], [loss], updates=updates), E, W, B))

for name, optimizer, step, E, W, B in made:
    weights = [K.batch_get_value([E, W, B])]
    for i in range(STEPS):
        step([i])
        weights.append(K.batch_get_value([E, W, B]))
    result = {'weights': [[w.tolist() for w in each] for each in weights]}
    if hasattr(optimizer, 'apply_ema_weights'):
        optimizer.apply_ema_weights()
        result['average'] = [w.tolist() for w in K.batch_get_value([E, W, B])]
        optimizer.reset_old_weights()
        result['reset'] = [w.tolist() for w in K.batch_get_value([E, W, B])]
    config = optimizer.get_config()
    again = type(optimizer).from_config(config)
    result['config'] = again.get_config() == config
    results[name] = result

try:
    extend_with_weight_decay(keras.optimizers.SGD)
except Exception as error:
    results['refused'] = str(error)

with open(sys.argv[1], 'w') as f:
    json.dump(results, f)
