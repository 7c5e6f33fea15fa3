"""What holds for all tests, and fixtures that any may use; those of one package stand beside its tests."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent

# How long one example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile("bert4ner", deadline=None)
hypothesis.settings.load_profile("bert4ner")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the published data sets, which are not part of this repository; without it the test is skipped."""
    named = os.environ.get("BERT4NER_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data sets: {folder} is not a folder; set BERT4NER_DATA to the one that holds them")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers in every test and every run."""
    return np.random.default_rng(20200814)
