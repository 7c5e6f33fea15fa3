"""Entities of many documents: encode once, batch windows of like length, run the networks, decode, stitch.

Memory depends on the size of a chunk of documents, not on their number; results come in the order of the input.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bert4ner.decode.readings import Reading, join_readings
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Document, Entity, Nesting
from bert4ner.models.budget import within_budget
from bert4ner.models.heads.base import Chain
from bert4ner.models.ner_model import NERModel
from bert4ner.text.batches import Encoded, encode_documents, plan_batches
from bert4ner.text.tokenizer import Encoding
from bert4ner.text.windows import stitch

CHUNK_BATCHES = 32  # batches of text held at a time: enough to sort windows by length


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
    nbest: int = 1,
) -> Iterator[Document]:
    """The documents with the entities that the models find together, in order, in constant memory.

    Of several models what their heads score is averaged (emissions and transitions of tags, logits of spans). All
    models must share labels, scheme, vocabulary, windows and kind of head, which the caller checks.

    Args:
        decoder: decodes tags instead of the models' averaged chain.
        batch_tokens: tokens in one batch, padding counted.
        nbest: above 1, candidates that may overlap; see `Head.candidates`.
    """
    decoder = decoder or ViterbiDecoder(*mean_chain(models))
    for chunk in document_chunks(documents, characters=CHUNK_BATCHES * batch_tokens):
        texts = [Document(document.id, document.text) for document in chunk]
        encoded = encode_documents(texts, models[0].tokenizer, models[0].windows)
        yield from predict_encoded(models, texts, encoded, decoder=decoder, batch_tokens=batch_tokens, nbest=nbest)


def predict_encoded(
    models: Sequence[NERModel],
    documents: Sequence[Document],
    encoded: Encoded,
    *,
    decoder: ViterbiDecoder | None = None,
    batch_tokens: int = 8192,
    nbest: int = 1,
) -> Iterator[Document]:
    """As `predict_documents`, for documents that were encoded before; `encoded` must hold exactly them."""
    batches = run_models(models, encoded, batch_tokens=batch_tokens)
    found = decode_windows(models, encoded, batches, decoder or ViterbiDecoder(*mean_chain(models)), nbest=nbest)
    return stitch_documents(documents, encoded, found, nesting=models[0].head.nesting, candidates=nbest > 1)


def predict_readings(
    models: Sequence[NERModel], document: Document, n: int, *, decoder: ViterbiDecoder, batch_tokens: int = 8192
) -> list[Reading]:
    """At most n readings of a document, likeliest first; see `join_readings`.

    Raises:
        ConfigError: the models' head has no paths of tags.
    """
    encoded = encode_documents([Document(document.id, document.text)], models[0].tokenizer, models[0].windows)
    windows: list[list[Reading]] = [[] for _ in encoded.bounds]
    for numbers, outputs in run_models(models, encoded, batch_tokens=batch_tokens):
        readings = models[0].head.readings(mean_scores(models, outputs), encoded.lengths[numbers], decoder, n)
        for number, paths in zip(numbers, readings, strict=True):
            encoding = encoded.encoding(number)
            windows[number] = [
                Reading(tuple(_entity(encoding, i, j, label, None) for i, j, label in spans), probability)
                for spans, probability in paths
            ]
    return join_readings(encoded.bounds, windows, n)


def document_chunks(documents: Iterable[Document], *, characters: int) -> Iterator[list[Document]]:
    """The documents in lists of about so many characters."""
    chunk: list[Document] = []
    size = 0
    for document in documents:
        chunk.append(document)
        size += len(document.text)
        if size >= characters or len(chunk) >= characters // 8:  # empty texts count, too
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def run_models(
    models: Sequence[NERModel],
    encoded: Encoded,
    *,
    windows: Sequence[int] | np.ndarray | None = None,
    batch_tokens: int = 8192,
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """The numbers of some windows, ``(batch,)``, and what each model gives for them, batch by batch.

    Args:
        windows: numbers of the windows wanted; by default all.
    """
    wanted = np.arange(len(encoded)) if windows is None else np.asarray(windows, dtype=np.int64)  # (windows,)
    lengths = encoded.lengths[wanted]  # (windows,)
    planned = plan_batches(lengths, batch_tokens=batch_tokens)
    for places in within_budget(planned, lengths, models[0].head, batch_tokens=batch_tokens):
        token_ids = encoded.token_ids(wanted[places])  # (batch, length)
        yield wanted[places], [model.outputs(token_ids) for model in models]


def mean_scores(models: Sequence[NERModel], outputs: Sequence[np.ndarray]) -> np.ndarray:
    """What several models' heads score for a batch, averaged, from what each network gave."""
    if len(models) == 1:  # nothing to copy: spans have large arrays
        return models[0].head.scores(outputs[0])
    return np.mean([model.head.scores(each) for model, each in zip(models, outputs, strict=True)], axis=0)


def decode_windows(
    models: Sequence[NERModel],
    encoded: Encoded,
    batches: Iterable[tuple[np.ndarray, list[np.ndarray]]],
    decoder: ViterbiDecoder,
    *,
    nbest: int = 1,
) -> list[list[Entity]]:
    """The entities of every window, in characters of its document, from what `run_models` gave for them."""
    found: list[list[Entity]] = [[] for _ in encoded.bounds]
    head = models[0].head
    for numbers, outputs in batches:
        scores, lengths = mean_scores(models, outputs), encoded.lengths[numbers]
        if nbest > 1:
            decoded = head.candidates(scores, lengths, decoder, nbest)
        else:
            decoded = head.decode_scores(scores, lengths, decoder)
        for number, spans in zip(numbers, decoded, strict=True):
            encoding = encoded.encoding(number)
            found[number] = [_entity(encoding, *span) for span in spans]
    return found


def _entity(
    encoding: Encoding, i: int, j: int, label: str, score: float | None, pieces: Sequence[tuple[int, int]] = ()
) -> Entity:
    """The entity of some tokens [i, j), of several pieces or of one, in characters of the document."""
    starts, ends = encoding.starts, encoding.ends
    fragments = tuple((int(starts[first]), int(ends[last - 1])) for first, last in pieces)
    return Entity(int(starts[i]), int(ends[j - 1]), label, score, fragments)


def stitch_documents(
    documents: Sequence[Document],
    encoded: Encoded,
    found: Sequence[Sequence[Entity]],
    *,
    nesting: Nesting,
    candidates: bool = False,
) -> Iterator[Document]:
    """The documents with the entities found in their windows; `encoded` holds exactly them.

    Args:
        nesting, candidates: see `stitch`.
    """
    borders = np.searchsorted(encoded.document, np.arange(len(documents) + 1))  # (documents + 1,)
    for number, document in enumerate(documents):
        windows = slice(borders[number], borders[number + 1])
        whole = stitch(encoded.bounds[windows], found[windows], nesting=nesting, candidates=candidates)
        yield Document(document.id, document.text, tuple(whole))
