"""Moving embeddings in another way: where no token occurs twice, a row of the table is the vector of one token."""

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.ner_model import NERModel
from bert4ner.text.token_spans import TokenSpan
from bert4ner.train.step import Batch, TrainingStep

IDS = np.array([[51, 52, 53, 54, 55, 56, 57, 58, 59], [60, 61, 62, 63, 64, 65, 0, 0, 0]], "int32")
REAL = IDS > 0
LABELS = ["DRUG", "SYMPTOM"]


def table_of(network):
    return network.get_layer("Embedding-Token").embeddings


def compiled(model):
    """The network of a model, compiled; its random weights are large, so that everything in it matters."""
    rng = np.random.default_rng(5)
    values = {name: rng.normal(scale=0.3, size=each.shape) + name.endswith("gamma") for name, each in weights(model)}
    model.set_weights(values, where="here")
    model.network.compile(optimizer=keras.optimizers.SGD(0.1), loss=model.head.loss)
    return model.network


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
