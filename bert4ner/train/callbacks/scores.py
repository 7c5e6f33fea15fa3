"""Scores the entities in held-out documents after every epoch, which the loss does not show."""

import time
from collections.abc import Sequence
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_encoded
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.text.encoded import encode_documents
from bert4ner.train.step import evaluation


class EntityScores(keras.callbacks.Callback):
    """Predicts some documents after every epoch and adds precision, recall and f1 to the logs.

    Callbacks after it in the list can use them, such as Keras' own ``keras.callbacks.EarlyStopping("f1", mode="max")``.
    The network must come from `bert4ner.build_model`; scores are strict, as in `bert4ner.evaluate`.

    Args:
        documents: annotated documents that are not used for training.

    Attributes:
        scores: the scores of the last epoch, also per label.

    Raises:
        RunError: the network gives no valid predictions at the end of an epoch.

    Example:
        >>> network.fit(batches.dataset(0, 3), callbacks=[EntityScores(held_out)])  # doctest: +SKIP
    """

    def __init__(self, documents: Sequence[Document]):
        super().__init__()
        self.documents = documents
        self.scores: Scores | None = None
        self.started = time.perf_counter()

    def set_model(self, model: Any) -> None:
        """Encodes the documents with the model's tokenizer and windows."""
        super().set_model(model)
        self.ner_model = NERModel.of(model)
        self.encoded = encode_documents(self.documents, self.ner_model.tokenizer, self.ner_model.windows)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the clock."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Scores the documents; adds the scores and the seconds of training and evaluation to the logs."""
        trained = time.perf_counter()
        self.scores = self._score(epoch)
        micro = self.scores.micro
        logs.update(precision=micro.precision, recall=micro.recall, f1=micro.f1)
        logs.update(seconds=trained - self.started, evaluation_seconds=time.perf_counter() - trained)

    def _score(self, epoch: int) -> Scores:
        try:
            with evaluation(self.model):
                predicted = list(predict_encoded([self.ner_model], self.documents, self.encoded))
        except ValueError as error:  # after an epoch's last step, no further loss would reveal it
            raise RunError(
                f"the model after epoch {epoch + 1} gives no valid predictions ({error}); lower --learning-rate"
            ) from None
        return evaluate(self.documents, predicted)
