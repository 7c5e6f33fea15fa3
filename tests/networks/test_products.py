"""Products of states with vectors of their head, which TensorFlow gets wrong for a single head in a batch."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.networks.fused_layers import product_by_head


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("number", [2, 74])
def test_products_and_their_gradients_are_those_of_numpy(heads, number, rng):
    states, vectors = rng.normal(size=(3, heads, 37, 8)), rng.normal(size=(heads, 8, number))
    given = [tf.constant(each, "float32") for each in (states, vectors)]
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = product_by_head(*given, heads)
        loss = tf.reduce_sum(found**2) / 2
    upstream = np.einsum("bhld,hdn->bhln", states, vectors)
    np.testing.assert_allclose(found, upstream, atol=1e-4)
    of_states, of_vectors = tape.gradient(loss, given)
    np.testing.assert_allclose(of_states, np.einsum("bhln,hdn->bhld", upstream, vectors), rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(of_vectors, np.einsum("bhld,bhln->hdn", states, upstream), rtol=1e-4, atol=1e-2)
