"""A small slice of `make fuzz FUZZ=--runs`: damaged models, states, encoders; no network is built."""

from tests.fuzz_runs import fuzz_folders

INPUTS = 2400


def test_damaged_files_of_models_are_read_or_refused():
    for found in fuzz_folders(INPUTS, 5, keras=True):
        assert found.problems == []
        assert found.outcomes["refused"] > INPUTS // 100
