"""Continues a finished training to more epochs: the model it starts from, and its rates.

The state that it could have resumed from, three times the size of the model, was deleted. The model of the best epoch
remains; if modifiers average weights, it holds the average. The optimizer, and the variables of modifiers, start anew
from these weights. Epochs keep their count from the very first one, for their seeds, for the rates, and for modifiers
whose options name epochs.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bert4ner.config import Config
from bert4ner.models.model_folder import read_description
from bert4ner.models.ner_model import NERModel
from bert4ner.runs.history import History, read_history
from bert4ner.runs.layout import HISTORY, MODEL, WEIGHTS_OF_MODEL, state_file
from bert4ner.train.callbacks.best import Patience
from bert4ner.train.optimizers import configured_rates
from bert4ner.train.schedule import Later
from bert4ner.train.state_file import read_before


class Start(NamedTuple):
    """The point from which a training starts."""

    lines: History
    """History of the finished training that it continues; empty for a new training or one with a state."""
    before: int
    """Number of epochs completed before the optimizer started."""


def find_start(folder: Path, config: Config) -> Start:
    """The starting point of the training in a folder: its state, its final model, or nothing.

    Raises:
        RunError, CheckpointError: the history or the model in the folder is damaged.
    """
    state = state_file(folder)
    if state.is_file():
        return Start([], read_before(state))
    lines = _finished(folder, config.run.patience)
    return Start(lines, len(lines))


def _finished(folder: Path, epochs: int) -> History:
    """The history of a training that completed all epochs, or stopped by patience; otherwise none.

    A training killed in its first epoch may also have left a line and a model. The model records the planned number of
    epochs at the time it was saved, perhaps several continuations ago.
    """
    if not all((folder / name).is_file() for name in (HISTORY, WEIGHTS_OF_MODEL)):
        return []
    lines = read_history(folder)
    patience = Patience(epochs)
    patience.recall(lines)
    asked = read_description(folder / MODEL).config.optimization.epochs
    return lines if len(lines) >= asked or patience.exhausted else []


def rates_from(before: int, model: NERModel) -> Callable[[int], Any] | None:
    """Makes the schedule of the updates after `before` epochs; None, for the configured schedule, if there are none.

    The rates are those of a training of all epochs, which depend only on their number. The share `warmup` of the added
    updates warms up again: moments from few gradients lead to large steps in wrong directions.

    References:
        Liu et al. 2020, On the Variance of the Adaptive Learning Rate and Beyond (why Adam needs a warm-up).
    """
    if not before:
        return None
    options = model.config.optimization

    def schedule(total_steps: int) -> Later:
        start = total_steps * before // options.epochs
        return Later(configured_rates(model)(total_steps), start, round(options.warmup * (total_steps - start)))

    return schedule
