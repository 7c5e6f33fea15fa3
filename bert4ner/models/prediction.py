"""Entities of many documents: encode once, batch windows of similar length, run the networks, decode, stitch.

Memory depends on the size of a chunk of documents, not on their number; results come in the order of the input.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bert4ner.decode.readings import Reading, join_readings
from bert4ner.entities import Document, Entity, Nesting
from bert4ner.errors import add_note
from bert4ner.given import check_kind
from bert4ner.models.ensemble import Ensemble
from bert4ner.models.ner_model import NERModel
from bert4ner.text.encoded import Encoded
from bert4ner.text.windows import stitch

CHUNK_BATCHES = 32  # number of batches of text held at a time: enough to sort windows by length


def predict_documents(
    models: Sequence[NERModel] | Ensemble, documents: Iterable[Document], *, batch_tokens: int = 8192, nbest: int = 1
) -> Iterator[Document]:
    """The documents with the entities that the models find together, in order and in constant memory.

    Args:
        models: see `Ensemble`.
        documents: texts to read; entities that they have are ignored.
        batch_tokens: tokens in one batch, including padding.
        nbest: above 1, candidates that may overlap; see `Decoder.candidates`.
    """
    ensemble = models if isinstance(models, Ensemble) else Ensemble.of(models)
    for chunk in document_chunks(documents, characters=CHUNK_BATCHES * batch_tokens):
        yield from predict_encoded(ensemble, chunk, ensemble.encode(chunk), batch_tokens=batch_tokens, nbest=nbest)


def predict_encoded(
    models: Sequence[NERModel] | Ensemble,
    documents: Sequence[Document],
    encoded: Encoded,
    *,
    batch_tokens: int = 8192,
    nbest: int = 1,
) -> Iterator[Document]:
    """As `predict_documents`, for documents that are encoded already; `encoded` must hold exactly these."""
    ensemble = models if isinstance(models, Ensemble) else Ensemble.of(models)
    found = ensemble.entities(encoded, ensemble.run(encoded, batch_tokens=batch_tokens), nbest=nbest)
    return stitch_documents(documents, encoded, found, nesting=ensemble.nesting, candidates=nbest > 1)


def predict_readings(ensemble: Ensemble, document: Document, n: int, *, batch_tokens: int = 8192) -> list[Reading]:
    """At most n readings of a document, likeliest first; see `join_readings`.

    Raises:
        ConfigError: the models' head has no paths of tags.
    """
    encoded = ensemble.encode([document])
    return join_readings(
        encoded.bounds, ensemble.readings(encoded, ensemble.run(encoded, batch_tokens=batch_tokens), n), n
    )


def document_chunks(documents: Iterable[Document], *, characters: int) -> Iterator[list[Document]]:
    """The documents in lists of about `characters` characters; on an error, the documents before it come first.

    Raises:
        DataError: an item is not a document.
        Exception: any error of `documents`, with a note of its position.
    """
    chunk: list[Document] = []
    size, failure = 0, None
    for document in _until_failure(documents):
        if isinstance(document, Exception):
            failure = document
            break
        chunk.append(document)
        size += len(document.text)
        if size >= characters or len(chunk) >= characters // 8:  # empty texts count, too
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
    if failure is not None:
        raise failure


def _until_failure(documents: Iterable[Document]) -> Iterator[Document | Exception]:
    """The documents, and at the end the error that stopped them, if any."""
    place = 0
    try:
        for document in documents:
            check_kind(document, Document, f"documents[{place}]")
            yield document
            place += 1
    except Exception as error:  # a user's generator may raise anything
        add_note(error, f"at documents[{place}]; those before it were recognized")
        yield error


def stitch_documents(
    documents: Sequence[Document],
    encoded: Encoded,
    found: Sequence[Sequence[Entity]],
    *,
    nesting: Nesting,
    candidates: bool = False,
) -> Iterator[Document]:
    """The documents with the entities found in their windows; `encoded` holds exactly these.

    Args:
        documents: in order.
        encoded: their windows.
        found: the entities of each window.
        nesting: see `stitch`.
        candidates: see `stitch`.
    """
    borders = np.searchsorted(encoded.document, np.arange(len(documents) + 1))  # (documents + 1,)
    for number, document in enumerate(documents):
        windows = slice(borders[number], borders[number + 1])
        whole = stitch(encoded.bounds[windows], found[windows], nesting=nesting, candidates=candidates)
        yield Document(document.id, document.text, tuple(whole))
