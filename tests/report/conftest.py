"""Runs to read, written without training."""

from tests.made_runs import combined, gold, history, make_run, predicted, run

__all__ = ["combined", "gold", "history", "make_run", "predicted", "run"]  # fixtures
