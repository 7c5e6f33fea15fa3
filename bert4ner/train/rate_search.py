"""Searches for a learning rate: a short training with rising rates until it diverges, and the loss at each rate.

The trained network is discarded; nothing is written.
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
from bert4ner.train.deciding import decided_by
from bert4ner.train.rates import learning_rates
from bert4ner.train.schedule import Rising

_DIVERGED = 4.0  # times the lowest loss
_REMEMBERED = 0.8  # share of the old running mean that a batch keeps
_BELOW = 10.0  # divides the rate of the lowest loss, at which a training is about to diverge
_FEWEST = 10


@dataclass(frozen=True)
class RateSearch:
    """Losses of a training with rising rates, until it diverged or reached the highest rate."""

    rates: list[float]
    """The encoder's rate at each batch."""
    losses: list[float]
    """The loss of each batch, before the update at that rate."""
    on_top: float
    """The rate of everything above the encoder, as a multiple of the encoder's."""

    @property
    def smoothed(self) -> list[float]:
        """The mean loss around each batch, over a twentieth of all batches on either side."""
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
        """A tenth of that rate: a suggested peak rate for the encoder."""
        return self.lowest / _BELOW

    def to_dict(self) -> dict[str, Any]:
        """All values for JSON."""
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

    The rates of all other parts, such as head and lower layers, rise with the encoder's, in their configured
    proportions.

    Args:
        documents: annotated documents; the training uses all of them.
        config: the options; its schedule and number of epochs are ignored.
        steps: number of batches until the highest rate.
        lowest: the encoder's rate at the first batch.
        highest: the encoder's rate at the last batch.

    Raises:
        ConfigError: the rates do not rise; or see `build_model`.
        DataError, CheckpointError: see `train_model`.
        RunError: the training diverges before it gives a result.

    References:
        Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.3.
    """
    if not 0 < lowest < highest:
        raise ConfigError(f"rates must rise from above 0, got lowest={lowest} and highest={highest}")
    check_training(documents, config)
    prepare_process(repeatable=True)
    config = config.decide(decided_by(documents, config))
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
    """Records rate and loss of every batch, and stops the training when it diverges."""

    def __init__(self) -> None:
        super().__init__()
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.mean, self.best = 0.0, float("inf")

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Makes Keras report the loss of this batch alone."""
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Records rate and loss; stops the training if the running mean is too high or not a number."""
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
        """The recorded rates and losses.

        Raises:
            RunError: there are too few of them.
        """
        if len(self.losses) < _FEWEST:
            raise RunError(f"the training diverged within {len(self.losses)} batches; begin with a lower --lowest")
        return RateSearch(self.rates, self.losses, on_top)
