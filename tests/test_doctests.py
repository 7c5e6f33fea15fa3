"""The examples in the docstrings of all modules that need no TensorFlow are right."""

import doctest
import importlib
import re

import pytest

from tests.public_names import PLACES, WITH_NETWORKS
from tests.test_floors import FLOORS, MODULES

KERAS_FLOORS = {"backend", "networks", "models", "recognizer", "train", "legacy", "compat"}
EXAMPLES_TRAIN = {PLACES[name].removeprefix("bert4ner.").partition(":")[0] for name in WITH_NETWORKS}
"""Modules whose examples make and train networks; `test_public_docs` runs them."""
LIGHT = [
    name for name in MODULES if name.partition(".")[0] not in KERAS_FLOORS | {"__main__"} and name not in EXAMPLES_TRAIN
]
WITH_EXAMPLES = [name for name in LIGHT if re.search(r"^ *>>> ", MODULES[name], flags=re.MULTILINE)]


def test_the_floors_left_out_exist_and_some_modules_have_examples():
    assert set(FLOORS) >= KERAS_FLOORS
    assert len(WITH_EXAMPLES) > 5


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_are_right(name):
    module = importlib.import_module(f"bert4ner.{name}" if name else "bert4ner")
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.attempted and not result.failed
