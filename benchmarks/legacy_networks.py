"""Tiny random checkpoints of the encoders that bert4keras' examples load: bert4keras builds and writes them itself.

    bert4ner legacy benchmarks/legacy_networks.py FOLDER

Run by `legacy_examples.py` only. FOLDER/NAME holds config.json already; model.ckpt is written beside it.
"""

import os
import sys

os.environ["TF_KERAS"] = "1"

import numpy as np
import tensorflow as tf
from bert4keras.backend import keras
from bert4keras.models import build_transformer_model

NETWORKS = {
    "bert": {"model": "bert", "with_pool": True, "with_nsp": True, "with_mlm": True},
    "shallow_bert": {"model": "bert", "with_pool": True, "with_nsp": True, "with_mlm": True},
    "albert": {"model": "albert", "with_pool": True, "with_mlm": True},
    "gpt2_ml": {"model": "gpt2_ml"},
    "gpt2": {"model": "gpt2"},
    "mt5": {"model": "mt5.1.1", "name": "T5"},
}
IMAGES = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
"""The file that Keras looks for before it downloads the weights of ImageNet."""


def main() -> None:
    """One checkpoint after the other, each in a graph of its own."""
    folder = sys.argv[1]
    np.random.seed(1)
    for name, how in NETWORKS.items():
        keras.backend.clear_session()
        tf.set_random_seed(1)
        network = build_transformer_model(os.path.join(folder, name, "config.json"), return_keras_model=False, **how)
        keras.backend.get_session()  # of this graph: the next line opens another one, and would ask for its session
        network.save_weights_as_checkpoint(os.path.join(folder, name, "model.ckpt"))
    keras.backend.clear_session()
    image_model = keras.applications.mobilenet_v2.MobileNetV2(include_top=False, pooling="avg", weights=None)
    image_model.save_weights(os.path.join(folder, IMAGES))


main()
