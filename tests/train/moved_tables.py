"""Moving embeddings in another way: where no token occurs twice, a row of the table is the vector of one token."""

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.builder import assemble, open_reading
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import get_family, open_pretrained, read_encoder_config
from bert4ner.registry import FAMILIES
from bert4ner.text.token_spans import TokenSpan
from bert4ner.train.step import Batch, TrainingStep
from tests.models.pretrained.test_encoder_config import SAVED

IDS = np.array([[51, 52, 53, 54, 55, 56, 57, 58, 59], [60, 61, 62, 63, 64, 65, 0, 0, 0]], "int32")
REAL = IDS > 0
LABELS = ["DRUG", "SYMPTOM"]
_TWINS = {"xlm_roberta", "camembert"}  # RoBERTa by other names
ENCODERS = [name for name in FAMILIES.own() if not get_family(name, where="here").decoder and name not in _TWINS]


def table_of(network):
    return network.get_layer("Embedding-Token").embeddings


def compiled(model):
    """The network of a model, compiled; its random weights are large, so that everything in it matters."""
    rng = np.random.default_rng(5)
    values = {name: rng.normal(scale=0.3, size=each.shape) + name.endswith("gamma") for name, each in weights(model)}
    model.set_weights(values, where="here")
    model.network.compile(optimizer=keras.optimizers.SGD(0.1), loss=model.head.loss)
    return model.network


def network_of_family(family, config):
    """A compiled network of two layers of some family, with the vocabulary of the pretrained folder."""
    vocabulary = open_pretrained(config.model.pretrained).vocabulary
    described = {"family": family, **SAVED[family], **({"pad_id": 0} if "pad_id" in SAVED[family] else {})}
    encoder = read_encoder_config(described, where="here")
    blueprint = Blueprint.of(config, LABELS, encoder, vocabulary)
    reading = open_reading(blueprint)
    network, _ = assemble(blueprint, reading)
    return compiled(NERModel(network, config, blueprint.labels, encoder, vocabulary, reading))


def weights(model):
    return model.weights().items()


def batch_for(network):
    """Two windows of seven and four tokens of text; no token occurs twice, in them or in queries."""
    spans = [[TokenSpan(1, 3, "DRUG"), TokenSpan(4, 7, "SYMPTOM")], [TokenSpan(0, 2, "SYMPTOM")]]
    targets = NERModel.of(network).head.targets(spans, np.array([7, 4]), IDS.shape[1] - 1)
    return Batch([tf.constant(IDS), tf.zeros_like(IDS)], tf.constant(targets))


def dense(gradients):
    """The gradients of all weights as arrays, by number and name."""
    return {
        (number, variable.name): tf.convert_to_tensor(gradient).numpy()
        for number, (gradient, variable) in enumerate(gradients.pairs)
    }


def plain_gradients(network, batch, offsets=None):
    """Those of a plain step, with offsets (batch, length, width) added to the rows of the table, which come back."""
    table = table_of(network)
    before = table.numpy()
    if offsets is not None:
        moved = before.copy()
        moved[IDS[REAL]] += np.asarray(offsets)[REAL]
        table.assign(moved)
    found = dense(TrainingStep(network).gradients(batch))
    table.assign(before)
    return found


def slopes_of(network, gradients):
    """The gradient by the vectors of tokens, (batch, length, width), in gradients of all weights."""
    (of_table,) = [value for (_, name), value in gradients.items() if name == table_of(network).name]
    return np.where(REAL[:, :, None], of_table[IDS], 0)


def norms(rows):
    """The L2 norm of each window's numbers, (batch, 1, 1)."""
    return np.array([[[np.sqrt(sum(value**2 for value in row.ravel()))]] for row in np.asarray(rows, "float64")])


def mean(*several):
    """The mean of gradients by name."""
    return {name: sum(each[name] for each in several) / len(several) for name in several[0]}


def assert_close(found, expected, tolerance=2e-4):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        scale = max(1e-3, float(np.abs(value).max()))
        np.testing.assert_allclose(found[name], value, rtol=0, atol=tolerance * scale, err_msg=str(name))


def relative_error(found, expected):
    """The norm of what is wrong, all numbers together, for that of what is expected."""
    assert found.keys() == expected.keys()
    wrong = sum(np.square(found[name] - value).sum() for name, value in expected.items())
    return np.sqrt(wrong / sum(np.square(value).sum() for value in expected.values()))
