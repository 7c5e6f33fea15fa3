"""Entities of many documents: encode once, batch windows of like length, run the networks, decode, stitch.

Memory depends on the size of a chunk of documents, not on their number; results come in the order of the input.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Document, Entity
from bert4ner.models.budget import within_budget
from bert4ner.models.heads.base import Chain
from bert4ner.models.ner_model import NERModel
from bert4ner.text.batches import Encoded, encode_documents, plan_batches
from bert4ner.text.tokenizer import Encoding
from bert4ner.text.windows import stitch

CHUNK_BATCHES = 32              # batches of text held at a time: enough to sort windows by length


def mean_chain(models: Sequence[NERModel]) -> Chain:
    """Transitions, starts and ends averaged over models, -inf where any forbids."""
    chains = [model.head.chain() for model in models]
    return Chain(*(np.mean(parts, axis=0) for parts in zip(*chains, strict=True)))


def predict_documents(
    models: Sequence[NERModel],
    documents: Iterable[Document],
    *,
    decoder: ViterbiDecoder | None = None,
    batch_tokens: int = 8192,
) -> Iterator[Document]:
    """The documents with the entities that the models find together, in order, in constant memory.

    Of several models what their heads score is averaged (emissions and transitions of tags, logits of spans). All
    models must share labels, scheme, vocabulary, windows and kind of head, which the caller checks.

    Args:
        decoder: decodes tags instead of the models' averaged chain.
        batch_tokens: tokens in one batch, padding counted.
    """
    decoder = decoder or ViterbiDecoder(*mean_chain(models))
    for chunk in _chunks(documents, characters=CHUNK_BATCHES * batch_tokens):
        texts = [Document(document.id, document.text) for document in chunk]
        encoded = encode_documents(texts, models[0].tokenizer, models[0].windows)
        yield from predict_encoded(models, texts, encoded, decoder=decoder, batch_tokens=batch_tokens)


def predict_encoded(
    models: Sequence[NERModel],
    documents: Sequence[Document],
    encoded: Encoded,
    *,
    decoder: ViterbiDecoder | None = None,
    batch_tokens: int = 8192,
) -> Iterator[Document]:
    """As `predict_documents`, for documents that were encoded before; `encoded` must hold exactly them."""
    found = _window_entities(models, encoded, decoder or ViterbiDecoder(*mean_chain(models)), batch_tokens)
    return _stitched(documents, encoded, found, nested=models[0].head.nested)


def _chunks(documents: Iterable[Document], *, characters: int) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    size = 0
    for document in documents:
        chunk.append(document)
        size += len(document.text)
        if size >= characters or len(chunk) >= characters // 8:     # empty texts count, too
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _window_entities(
    models: Sequence[NERModel], encoded: Encoded, decoder: ViterbiDecoder, batch_tokens: int
) -> list[list[Entity]]:
    """The entities of every window, in characters of its document."""
    found: list[list[Entity]] = [[] for _ in encoded.bounds]
    lengths = encoded.lengths                                                      # (windows,)
    head = models[0].head
    planned = plan_batches(lengths, batch_tokens=batch_tokens)
    for numbers in within_budget(planned, lengths, head, batch_tokens=batch_tokens):
        token_ids = encoded.token_ids(numbers)                                     # (batch, length)
        scores = np.mean([model.head.scores(model.outputs(token_ids)) for model in models], axis=0)
        for number, spans in zip(numbers, head.decode_scores(scores, lengths[numbers], decoder), strict=True):
            encoding = encoded.encoding(number)
            found[number] = [_entity(encoding, *span) for span in spans]
    return found


def _entity(
    encoding: Encoding, i: int, j: int, label: str, score: float, pieces: Sequence[tuple[int, int]] = ()
) -> Entity:
    """The entity of some tokens [i, j), of several pieces or of one, in characters of the document."""
    starts, ends = encoding.starts, encoding.ends
    fragments = tuple((int(starts[first]), int(ends[last - 1])) for first, last in pieces)
    return Entity(int(starts[i]), int(ends[j - 1]), label, score, fragments)


def _stitched(
    documents: Sequence[Document], encoded: Encoded, found: list[list[Entity]], *, nested: bool
) -> Iterator[Document]:
    borders = np.searchsorted(encoded.document, np.arange(len(documents) + 1))     # (documents + 1,)
    for number, document in enumerate(documents):
        windows = slice(borders[number], borders[number + 1])
        whole = stitch(encoded.bounds[windows], found[windows], nested=nested)
        yield Document(document.id, document.text, tuple(whole))
