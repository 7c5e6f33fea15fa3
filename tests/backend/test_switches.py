"""Switches of the whole process: each does what it says, and what says that it is undone is undone."""

import logging
import random

import numpy as np
import pytest

from bert4ner.backend import switches
from bert4ner.backend.frameworks import tf
from bert4ner.backend.switches import only_errors, prepare_process


@pytest.fixture
def tf32():
    """TF32 as TensorFlow has it at first; off afterwards, as for all other tests."""
    tf.config.experimental.enable_tensor_float_32_execution(True)
    yield tf.config.experimental.tensor_float_32_execution_enabled
    tf.config.experimental.enable_tensor_float_32_execution(False)


def drawn():
    return random.random(), np.random.random(), float(tf.random.uniform(()))


def test_float32_is_not_tf32(tf32):
    assert tf32()
    prepare_process()
    assert not tf32()


def test_seeds_are_set_where_one_is_given():
    prepare_process(seed=5)
    first = drawn()
    prepare_process(seed=5)
    assert drawn() == first
    prepare_process(seed=5)
    prepare_process()
    assert drawn() == first
    assert drawn() != first


@pytest.mark.parametrize(("gpus", "repeatable", "asked"), [(1, True, 1), (1, False, 0), (0, True, 0)])
def test_determinism_is_asked_of_a_gpu_only(monkeypatch, gpus, repeatable, asked):
    calls = []
    monkeypatch.setattr(switches.tf.config, "list_physical_devices", lambda kind: ["GPU:0"] * gpus)
    monkeypatch.setattr(switches.tf.config.experimental, "enable_op_determinism", lambda: calls.append(1))
    prepare_process(repeatable=repeatable)
    assert len(calls) == asked


def test_a_logger_is_quiet_for_its_block_even_if_that_fails():
    logger = logging.getLogger("bert4ner_tests.elsewhere")
    logger.setLevel(logging.INFO)
    with pytest.raises(ZeroDivisionError), only_errors(logger.name):
        assert not logger.isEnabledFor(logging.WARNING) and logger.isEnabledFor(logging.ERROR)
        raise ZeroDivisionError
    assert logger.level == logging.INFO
