"""A loss that is no number stops the training, with or without the documents known."""

import pytest

from bert4ner.errors import RunError
from bert4ner.train.callbacks.nan import StopAtNaN


class Batches:
    """What stands for batches."""

    def documents_of(self, epoch, batch):
        return [f"{epoch}-{batch}-{number}" for number in range(10)]


def test_the_documents_of_the_batch_are_named_if_they_are_known():
    stop = StopAtNaN(Batches())
    stop.on_epoch_begin(2)
    stop.on_train_batch_end(4, {"loss": 1.0})
    with pytest.raises(
        RunError, match=r"became nan in epoch 3, batch 5, with documents 2-4-0, .*, 2-4-7 and 2 more; low"
    ):
        stop.on_train_batch_end(4, {"loss": float("nan")})


def test_without_batches_the_place_is_reported():
    stop = StopAtNaN()
    stop.on_epoch_begin(0)
    with pytest.raises(RunError, match=r"^the loss became inf in epoch 1, batch 1; lower the learning rate$"):
        stop.on_train_batch_end(0, {"loss": float("inf")})
