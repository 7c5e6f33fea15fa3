"""Training documents as an endless, reproducible stream of batches; each epoch has its own order."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.models.budget import within_budget
from bert4ner.models.ner_model import NERModel
from bert4ner.text.alignment import warn_of_lost, warn_of_taught
from bert4ner.text.batches import plan_batches
from bert4ner.text.encoded import BEFORE_TEXT, Encoded, encode_documents
from bert4ner.text.rejoined import rejoined
from bert4ner.train.augmentation import Augmentation
from bert4ner.train.document_weights import DocumentWeights
from bert4ner.train.evened import evened
from bert4ner.train.sampling import Sampling

logger = logging.getLogger(__name__)

SPARE = 50
"""One extra batch per this many, for epochs whose changed texts are longer than the original documents."""


def training_batches(documents: Sequence[Document], network: Any, pseudo: Sequence[Document] = ()) -> "TrainingBatches":
    """Make training batches for a network of `build_model`, as `train_model` does.

    Documents of `pseudo` are learned from like the others, apart from `pseudo_ramp`. Those with a weight of 0 only
    serve modifiers that need no labels.

    `len` is the number of batches in an epoch; pass `dataset(0, epochs)` to Keras' `fit`, with ``steps_per_epoch``.

    Args:
        documents: annotated documents.
        network: a network of `build_model`.
        pseudo: documents with pseudo-labels, or with weight 0.

    Raises:
        ConfigError: `build_model` did not make the network.
        DataError: the documents have a label that the network does not have, or no text.

    Example:
        >>> import bert4ner
        >>> documents = bert4ner.sample_documents()
        >>> labels = sorted({entity.label for document in documents for entity in document.entities})
        >>> network = bert4ner.build_model(bert4ner.Config(pretrained="tcm-mini"), labels)
        >>> batches = bert4ner.training_batches(documents, network)
        >>> len(batches) > 0
        True
    """
    model = NERModel.of(network)
    taught = {entity.label for document in (*documents, *pseudo) for entity in (*document.entities, *document.unsure)}
    unknown = sorted(taught - set(model.labels))
    if unknown:
        raise DataError(f"training documents have the labels {', '.join(unknown)}, which are not among those to learn")
    batches = TrainingBatches(documents, model, pseudo)
    if not len(batches):
        raise DataError(f"the {len(documents)} documents to train on contain no text")
    return batches


class TrainingBatches:
    """Documents encoded once; batches of similar length within a token budget, shuffled anew every epoch.

    The content and order of an epoch depend only on the seed and the epoch, so a resumed training sees
    the same batches. All epochs have the same number of batches: see `evened`.
    """

    def __init__(self, documents: Sequence[Document], model: NERModel, pseudo: Sequence[Document] = ()):
        gold, documents = len(documents), [*documents, *pseudo]
        self.config = model.config
        self.head, self.model = model.head, model
        if model.lexicon is not None:
            model.lexicon.learn(documents)
        self._texts = [document.text for document in documents]
        self.document_ids = [document.id for document in documents]
        self._weights = DocumentWeights(documents, gold=gold, ramp=self.config.pseudo.pseudo_ramp)
        self.encoded = encode_documents(documents, model.tokenizer, model.windows)
        warn_of_lost(self.encoded.lost, documents, model.windows)
        warn_of_taught(self.encoded.lost_unsure, documents)
        self._warn_of_unlearnable(documents)
        self._sampling, self._augmentation = Sampling(documents, self.config), Augmentation(documents, self.config)
        self._number = self._most_batches()
        self._fed: dict[int, int] = {}  # epoch -> its tokens

    def _warn_of_unlearnable(self, documents: Sequence[Document]) -> None:
        lost = [(document, entity) for document in documents for entity in self.head.unlearnable(document.entities)]
        if lost:
            document, entity = lost[0]
            logger.warning(
                "%d of %d entities %s and will not be learned by the head %s, e.g. %s %r at [%d, %d) of document %s; "
                "docs/heads.md says which heads learn such entities",
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
        """The window indices of every batch of an epoch (counted from 0); they refer to `encoded_for`."""
        return self._plan(epoch, *self._current(epoch))

    def encoded_for(self, epoch: int) -> Encoded:
        """The encoded documents of an epoch, with its changes."""
        return self._current(epoch)[0]

    def _current(self, epoch: int) -> tuple[Encoded, np.ndarray]:
        """The encoded documents of an epoch, and the indices of the windows to use."""
        changed = self._augmentation.changed(epoch)
        if not changed:
            return self.encoded, np.arange(len(self.encoded))
        again = [replace(each, id=str(place)) for place, each in changed.items()]
        encoded = encode_documents(again, self.model.tokenizer, self.model.windows)
        lost = {loss.document_id for loss in (*encoded.lost, *encoded.lost_unsure)}
        if lost:  # a text whose entity was lost would teach that it is none
            again = [document for document in again if document.id not in lost]
            encoded = encode_documents(again, self.model.tokenizer, self.model.windows)
        return rejoined(self.encoded, encoded, [int(document.id) for document in again])

    def _plan(self, epoch: int, encoded: Encoded, windows: np.ndarray) -> list[np.ndarray]:
        planned = self._planned(epoch, encoded, windows)
        return planned if self._number is None else evened(planned, self._number)

    def _planned(self, epoch: int, encoded: Encoded, windows: np.ndarray) -> list[np.ndarray]:
        """Batches of the windows, each as often as its document occurs in the epoch."""
        if not self._sampling.idle:
            windows = np.repeat(windows, self._sampling.times(epoch)[encoded.document[windows]])
        rng = np.random.default_rng([self.config.run.seed, epoch])
        lengths = encoded.lengths[windows]
        batch_tokens = self.config.optimization.batch_tokens
        batches = plan_batches(lengths, batch_tokens=batch_tokens, rng=rng)
        return [windows[each] for each in within_budget(batches, lengths, self.model, batch_tokens=batch_tokens)]

    def _most_batches(self) -> int | None:
        """The common number of batches if epochs differ: the maximum, and a margin if texts change."""
        if self._sampling.idle and not self._augmentation.asked:
            return None
        every = np.arange(len(self.encoded))
        epochs = 1 if self._sampling.idle else self.config.optimization.epochs
        most = max(len(self._planned(epoch, self.encoded, every)) for epoch in range(epochs))
        return most + (most // SPARE + 1 if most and self._augmentation.asked else 0)

    def __len__(self) -> int:
        return len(self.plan(0)) if self._number is None else self._number

    @property
    def tokens(self) -> int:
        """Number of tokens in an epoch that has every document once, with [CLS] and [SEP], without padding."""
        return int(self.encoded.lengths.sum())

    def tokens_in(self, epoch: int) -> int:
        """Number of tokens in an epoch (counted from 0) once its batches exist; before that, the value of `tokens`."""
        return self._fed.get(epoch, self.tokens)

    def documents_of(self, epoch: int, batch: int) -> list[str]:
        """The ids of the documents in a batch."""
        encoded, windows = self._current(epoch)
        numbers = {int(encoded.document[window]) for window in self._plan(epoch, encoded, windows)[batch]}
        return [self.document_ids[number] for number in sorted(numbers)]

    def batch(self, windows: np.ndarray, encoded: Encoded | None = None, epoch: int | None = None) -> tuple[Any, ...]:
        """(token ids, segment ids, …), targets of the given windows, as Keras takes them; see `models.inputs`.

        If document weights differ from 1, the third element is the weight of each window's document, (batch,) float32.

        Args:
            windows: indices of the windows.
            encoded: what the indices refer to, by default `encoded`; see `encoded_for`.
            epoch: the epoch whose weights to use, counted from 0; by default the final weights.
        """
        encoded = self.encoded if encoded is None else encoded
        inputs = self.model.inputs.of(encoded, windows, taught=self._texts)
        spans = [encoded.spans[window] for window in windows]
        unsure = [encoded.unsure[window] for window in windows]
        given = spans, encoded.text_lengths[windows], inputs[0].shape[1] - BEFORE_TEXT
        targets = self.head.targets(*given, unsure) if any(unsure) else self.head.targets(*given)
        if self._weights.all_one:
            return inputs, targets
        return inputs, targets, self._weights.of_epoch(epoch)[encoded.document[windows]]

    def dataset(self, first_epoch: int, last_epoch: int) -> Any:
        """A `tf.data.Dataset` of the batches of epochs [first_epoch, last_epoch), prepared ahead of use."""

        def generate() -> Iterator[Any]:
            for epoch in range(first_epoch, last_epoch):
                encoded, windows = self._current(epoch)
                batches = self._plan(epoch, encoded, windows)
                self._fed[epoch] = int(sum(encoded.lengths[batch].sum() for batch in batches))
                for batch in batches:
                    yield self.batch(batch, encoded, epoch)

        inputs, targets = self.model.inputs.specs, tf.TensorSpec((None, None), "int32")
        weights = tf.TensorSpec((None,), "float32")
        signature = (inputs, targets) if self._weights.all_one else (inputs, targets, weights)
        dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
        options = tf.data.Options()
        # Nothing to tune here. The autotuning thread sleeps for 10 ms, 20 ms, 40 ms, ... up to a minute, and the end of
        # the iterator often waits for it: a training of 6 s took 10.2 s.
        options.autotune.enabled = False
        return dataset.prefetch(4).with_options(options)
