"""Models that predict together: encode texts, run the models, average the scores of their heads, decode."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bert4ner.decode.decoders import Decoder
from bert4ner.decode.readings import Reading
from bert4ner.entities import Document, Entity, Nesting
from bert4ner.models.budget import within_budget
from bert4ner.models.ner_model import NERModel
from bert4ner.text.batches import plan_batches
from bert4ner.text.encoded import Encoded, encode_documents
from bert4ner.text.token_places import Encoding
from bert4ner.text.token_spans import TokenSpan

Batch = tuple[np.ndarray, list[np.ndarray]]
"""Window indices, ``(batch,)``, and each model's outputs for the texts of these windows."""


@dataclass(frozen=True)
class Ensemble:
    """One or more models with a decoder of their averaged scores (emissions, logits or probabilities of spans).

    All models must share labels, scheme, vocabulary, windows and kind of head, which the caller checks.
    """

    models: tuple[NERModel, ...]
    decoder: Decoder

    @classmethod
    def of(cls, models: Sequence[NERModel]) -> "Ensemble":
        """Models with a decoder for their averaged scores."""
        first, *others = (model.head for model in models)
        return cls(tuple(models), first.decoder(others))

    @property
    def nesting(self) -> Nesting:
        """Which entities may share tokens."""
        nesting: Nesting = self.models[0].head.nesting
        return nesting

    def encode(self, documents: Iterable[Document]) -> Encoded:
        """The texts of documents, encoded for these models."""
        return encode_documents(documents, self.models[0].tokenizer, self.models[0].windows)

    def run(
        self, encoded: Encoded, *, windows: Sequence[int] | np.ndarray | None = None, batch_tokens: int = 8192
    ) -> Iterator[Batch]:
        """The outputs of each model for some windows, batch by batch.

        Args:
            encoded: the documents and their windows.
            windows: indices of the windows to run; by default all.
            batch_tokens: tokens in one batch, including padding.
        """
        wanted = np.arange(len(encoded)) if windows is None else np.asarray(windows, dtype=np.int64)  # (windows,)
        lengths = encoded.lengths[wanted]  # (windows,)
        planned = plan_batches(lengths, batch_tokens=batch_tokens)
        for places in within_budget(planned, lengths, self.models[0], batch_tokens=batch_tokens):
            numbers = wanted[places]
            token_ids = encoded.token_ids(numbers)  # (batch, length), the same for all models
            length = token_ids.shape[1]
            yield (
                numbers,
                [model.outputs(token_ids, *model.inputs.said(encoded, numbers, length)) for model in self.models],
            )

    def scores(self, outputs: Sequence[np.ndarray]) -> np.ndarray:
        """The averaged scores of the heads for a batch, from the outputs of each network."""
        given = [model.head.scores(each) for model, each in zip(self.models, outputs, strict=True)]
        scores: np.ndarray = given[0] if len(given) == 1 else np.mean(given, axis=0)  # avoids a copy of large arrays
        return scores

    def entities(self, encoded: Encoded, batches: Iterable[Batch], *, nbest: int = 1) -> list[list[Entity]]:
        """The entities of every window, in characters of its document, from the outputs of `run`.

        Args:
            encoded: the documents and their windows.
            batches: the result of `run`.
            nbest: above 1, candidates that may overlap; see `Decoder.candidates`.
        """
        found: list[list[Entity]] = [[] for _ in encoded.bounds]
        for numbers, outputs in batches:
            scores, lengths = self.scores(outputs), encoded.text_lengths[numbers]
            if nbest > 1:
                decoded = self.decoder.candidates(scores, lengths, nbest)
            else:
                decoded = self.decoder.spans(scores, lengths)
            for number, spans in zip(numbers, decoded, strict=True):
                encoding = encoded.encoding(number)
                found[number] = [_entity(encoding, span) for span in spans]
        return found

    def readings(self, encoded: Encoded, batches: Iterable[Batch], n: int) -> list[list[Reading]]:
        """The n likeliest readings of every window, from the outputs of `run`.

        Raises:
            ConfigError: the decoder has no paths.
        """
        windows: list[list[Reading]] = [[] for _ in encoded.bounds]
        for numbers, outputs in batches:
            decoded = self.decoder.readings(self.scores(outputs), encoded.text_lengths[numbers], n)
            for number, paths in zip(numbers, decoded, strict=True):
                encoding = encoded.encoding(number)
                windows[number] = [
                    Reading(tuple(_entity(encoding, span) for span in spans), probability)
                    for spans, probability in paths
                ]
        return windows

    def span_scores(self, encoded: Encoded, batch: Batch, spans: Sequence[Sequence[TokenSpan]]) -> list[np.ndarray]:
        """The mean probability that the models give to spans of the windows of a batch, ``(spans,)`` for each window.

        Args:
            encoded: the documents and their windows.
            batch: one item from `run`.
            spans: the given spans of each window of the batch.
        """
        numbers, outputs = batch
        lengths = encoded.text_lengths[numbers]
        given = [model.head.span_scores(each, lengths, spans) for model, each in zip(self.models, outputs, strict=True)]
        return [np.mean(probabilities, axis=0) for probabilities in zip(*given, strict=True)]


def _entity(encoding: Encoding, span: TokenSpan) -> Entity:
    """The entity of a span of tokens, in characters of the document."""
    starts, ends = encoding.starts, encoding.ends
    fragments = tuple((int(starts[first]), int(ends[last - 1])) for first, last in span.pieces)
    return Entity(int(starts[span.start]), int(ends[span.end - 1]), span.label, span.score, fragments)
