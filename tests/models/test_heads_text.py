"""Where the text stands in a whole window."""

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.models.heads.text import text_only, text_positions, whole_windows
from bert4ner.text.encoded import BEFORE_TEXT


def test_text_begins_behind_cls_on_every_axis_of_tokens():
    outputs = np.arange(2 * 3 * 5 * 4).reshape(2, 3, 5, 4)
    assert BEFORE_TEXT == 1
    assert np.array_equal(text_only(outputs, (1,)), outputs[:, 1:])
    for given in (outputs, tf.constant(outputs)):
        assert np.array_equal(text_only(given, (2, 3)), outputs[:, :, 1:, 1:])
    assert np.shares_memory(text_only(outputs, (2,)), outputs)  # cubes of numbers are not copied


def test_positions_of_text_are_neither_cls_nor_sep_nor_padding():
    found = text_positions(tf.constant([3, 1, 0]), 6).numpy().astype(int)
    assert found.tolist() == [[0, 1, 1, 1, 0, 0], [0, 1, 0, 0, 0, 0], [0] * 6]


def test_targets_of_the_text_are_filled_in_front():
    targets = tf.constant([[[5, 6], [7, 8]]])
    assert whole_windows(targets, -1).numpy().tolist() == [[[-1, -1], [5, 6], [7, 8]]]
    assert whole_windows(tf.constant([[5, 6]]), 0).numpy().tolist() == [[0, 5, 6]]
