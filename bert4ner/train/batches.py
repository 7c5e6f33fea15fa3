"""Training documents as an endless, reproducible stream of batches; each epoch has an order of its own."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.models.budget import within_budget
from bert4ner.models.ner_model import NERModel
from bert4ner.text.alignment import warn_of_lost
from bert4ner.text.batches import plan_batches
from bert4ner.text.encoded import BEFORE_TEXT, encode_documents

logger = logging.getLogger(__name__)


def training_batches(documents: Sequence[Document], network: Any) -> "TrainingBatches":
    """The batches that a network of `build_model` is trained on, as `train_model` makes them.

    `len` is their number in an epoch; `dataset(0, epochs)` is what Keras' `fit` takes, with ``steps_per_epoch``.

    Raises:
        ConfigError: `build_model` did not make the network.
        DataError: the documents have a label that the network was not made for, or hold no text.
    """
    model = NERModel.of(network)
    unknown = sorted({entity.label for document in documents for entity in document.entities} - set(model.labels))
    if unknown:
        raise DataError(f"training documents have the labels {', '.join(unknown)}, which are not among those to learn")
    batches = TrainingBatches(documents, model)
    if not len(batches):
        raise DataError(f"the {len(documents)} documents to train on hold no text")
    return batches


class TrainingBatches:
    """Documents encoded once; batches of like length by token budget, shuffled anew every epoch.

    The order of an epoch follows from the seed and the number of the epoch alone, so that a training that resumes sees
    what it would have seen.
    """

    def __init__(self, documents: Sequence[Document], model: NERModel):
        self.config = model.config
        self.head, self.model = model.head, model
        if model.lexicon is not None:
            model.lexicon.learn(documents)
        self.document_ids = [document.id for document in documents]
        weights = np.array([document.weight for document in documents], dtype=np.float32)  # (documents,)
        self.weights = None if (weights == 1).all() else weights
        self.encoded = encode_documents(documents, model.tokenizer, model.windows)
        warn_of_lost(self.encoded.lost, documents, model.windows)
        self._warn_of_unlearnable(documents)

    def _warn_of_unlearnable(self, documents: Sequence[Document]) -> None:
        lost = [(document, entity) for document in documents for entity in self.head.unlearnable(document.entities)]
        if lost:
            document, entity = lost[0]
            logger.warning(
                "%d of %d entities %s and will not be learned by the head %s, e.g. %s %r at [%d, %d) of document %s",
                len(lost),
                sum(len(each.entities) for each in documents),
                self.head.cannot_hold,
                self.config.model.head,
                entity.label,
                document.mention(entity),
                entity.start,
                entity.end,
                document.id,
            )

    def plan(self, epoch: int) -> list[np.ndarray]:
        """The window numbers of every batch of an epoch, epochs counted from 0."""
        rng = np.random.default_rng([self.config.run.seed, epoch])
        lengths = self.encoded.lengths
        batch_tokens = self.config.optimization.batch_tokens
        batches = plan_batches(lengths, batch_tokens=batch_tokens, rng=rng)
        return list(within_budget(batches, lengths, self.model, batch_tokens=batch_tokens))

    def __len__(self) -> int:
        return len(self.plan(0))

    @property
    def tokens(self) -> int:
        """Real tokens in one epoch, [CLS] and [SEP] counted, padding not."""
        return int(self.encoded.lengths.sum())

    def documents_of(self, epoch: int, batch: int) -> list[str]:
        """The ids of the documents in a batch."""
        numbers = {int(self.encoded.document[window]) for window in self.plan(epoch)[batch]}
        return [self.document_ids[number] for number in sorted(numbers)]

    def batch(self, windows: np.ndarray) -> tuple[Any, ...]:
        """(token ids, segment ids, …), targets of the given windows, as Keras takes them; see `models.inputs`.

        If the weights of the documents differ from 1, that of each window's document is third, (batch,) float32.
        """
        inputs = self.model.inputs.of(self.encoded, windows, training=True)
        spans = [self.encoded.spans[window] for window in windows]
        targets = self.head.targets(spans, self.encoded.text_lengths[windows], inputs[0].shape[1] - BEFORE_TEXT)
        if self.weights is None:
            return inputs, targets
        return inputs, targets, self.weights[self.encoded.document[windows]]

    def dataset(self, first_epoch: int, last_epoch: int) -> Any:
        """A `tf.data.Dataset` of the batches of epochs [first_epoch, last_epoch), prepared ahead of their use."""

        def generate() -> Iterator[Any]:
            for epoch in range(first_epoch, last_epoch):
                for windows in self.plan(epoch):
                    yield self.batch(windows)

        inputs, targets = self.model.inputs.specs, tf.TensorSpec((None, None), "int32")
        weights = tf.TensorSpec((None,), "float32")
        signature = (inputs, targets) if self.weights is None else (inputs, targets, weights)
        dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
        options = tf.data.Options()
        # There is nothing to tune, and its thread, asleep for 10 ms, 20 ms, 40 ms, ... up to a minute, is often waited
        # for when the iterator goes: a training of 6 s took 10.2.
        options.autotune.enabled = False
        return dataset.prefetch(4).with_options(options)
