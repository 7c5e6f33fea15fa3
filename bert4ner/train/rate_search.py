"""How fast a network can learn: a short training whose rates rise until it diverges, and what its loss says of them.

What is trained is not kept, and nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras
from bert4ner.backend.switches import prepare_process
from bert4ner.config import Config
from bert4ner.entities import Document, sorted_labels
from bert4ner.errors import ConfigError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import training_batches
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.checks import check_training
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.rates import learning_rates
from bert4ner.train.schedule import Rising

_DIVERGED = 4.0  # times the lowest loss
_REMEMBERED = 0.8  # share of the running mean that is watched which a batch leaves in it
_BELOW = 10.0  # where the loss is lowest it is about to diverge; a rate to train at is below
_FEWEST = 10


@dataclass(frozen=True)
class RateSearch:
    """Losses of a training whose rates rise, until it diverged or the highest rate was reached."""

    rates: list[float]
    """Of the encoder, at each batch."""
    losses: list[float]
    """Of each batch, before the rate had its effect."""
    on_top: float
    """What everything on top of the encoder learns at, as a multiple."""

    @property
    def smoothed(self) -> list[float]:
        """The mean loss of each batch and its neighbours, as many on either side as a twentieth of all."""
        reach = len(self.losses) // 20
        return [
            float(np.mean(self.losses[max(0, number - reach) : number + reach + 1]))
            for number in range(len(self.losses))
        ]

    @property
    def lowest(self) -> float:
        """The rate with the lowest smoothed loss."""
        return self.rates[int(np.argmin(self.smoothed))]

    @property
    def suggested(self) -> float:
        """A tenth of that rate: a peak to train the encoder at."""
        return self.lowest / _BELOW

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            "learning_rate": self.suggested,
            "head_learning_rate": self.suggested * self.on_top,
            "lowest_loss_at": self.lowest,
            "rates": self.rates,
            "losses": self.losses,
            "smoothed": self.smoothed,
        }


def search_rate(
    documents: Sequence[Document], config: Config, *, steps: int = 200, lowest: float = 1e-6, highest: float = 1.0
) -> RateSearch:
    """Train with rates that rise by the same factor at every batch.

    The rates of everything on top of the encoder, of lower layers and so on rise with the encoder's, in the proportion
    that they are configured in.

    Args:
        documents: annotated ones, all of which are trained on.
        config: how; its schedule and its number of epochs have no part in it.
        steps: batches until the highest rate.
        lowest: the encoder's rate at the first batch.
        highest: its rate at the last.

    Raises:
        ConfigError: the rates do not rise; or as `build_model`.
        DataError, CheckpointError: as `train_model`.
        RunError: it diverges before there is anything to see.

    References:
        Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.3.
    """
    if not 0 < lowest < highest:
        raise ConfigError(f"rates must rise from above 0, got lowest={lowest} and highest={highest}")
    check_training(documents, config)
    prepare_process(repeatable=True)
    network = NERModel.create(config, sorted_labels(list(documents))).network
    batches = training_batches(documents, network)
    compile_for_training(network, steps, schedule=partial(Rising, lowest, highest))
    watch = _Watch()
    network.fit(
        batches.dataset(0, -(-steps // len(batches))),
        steps_per_epoch=steps,
        verbose=0,
        callbacks=[Replay(config.run.seed), watch],
    )
    return watch.found(_on_top(network))


def _on_top(network: Any) -> float:
    model = NERModel.of(network)
    rates = learning_rates(model.config, model.encoder_config, model.reading.passes)
    return rates.head / rates.encoder


class _Watch(keras.callbacks.Callback):
    """Takes down rate and loss of every batch, and ends the training when it diverges."""

    def __init__(self) -> None:
        super().__init__()
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.mean, self.best = 0.0, float("inf")

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Has Keras tell the loss of this batch alone."""
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Takes down rate and loss; too high a mean of the last ones, or none, ends the training."""
        loss = float(logs["loss"])
        if np.isfinite(loss):
            self.rates.append(float(self.model.optimizer.learning_rate))
            self.losses.append(loss)
            self.mean = _REMEMBERED * self.mean + (1 - _REMEMBERED) * loss
            mean = self.mean / (1 - _REMEMBERED ** len(self.losses))
            self.best = min(self.best, mean)
            if mean <= _DIVERGED * self.best:
                return
        self.model.stop_training = True

    def found(self, on_top: float) -> RateSearch:
        """What was taken down.

        Raises:
            RunError: too little.
        """
        if len(self.losses) < _FEWEST:
            raise RunError(f"the training diverged within {len(self.losses)} batches; begin with a lower --lowest")
        return RateSearch(self.rates, self.losses, on_top)
