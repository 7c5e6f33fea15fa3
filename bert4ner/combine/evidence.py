"""What the members say about held-out documents: candidates, and their probabilities by models that did not see them.

Each text is encoded once for all members that share vocabulary and windows, and run once through the one model that may
judge it, unless what that gives is too large to hold.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bert4ner.combine.combination import Evidence, voiced
from bert4ner.combine.members import MemberRun
from bert4ner.combine.probabilities import (
    HeldOutputs,
    encode_shared,
    held_cells,
    place_candidates,
    span_probabilities,
)
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Document, Entity
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import decode_windows, mean_chain, stitch_documents
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.text.batches import Encoded

logger = logging.getLogger(__name__)


class _Judge(NamedTuple):
    """A model of a member, and what it gives for the documents that it did not see."""

    member: int
    model: NERModel
    encoded: Encoded
    own: list[bool]                 # of each document
    windows: list[int]
    outputs: HeldOutputs


def gather_votes(members: Sequence[MemberRun]) -> list[Evidence]:
    """For each held-out document what the members found in it."""
    together = zip(*(member.predicted for member in members), strict=True)
    return [voiced(each[0], [found.entities for found in each]) for each in together]


def gather_chances(
    members: Sequence[MemberRun], recognizers: Sequence[NamedEntityRecognizer], nbest: int
) -> list[Evidence]:
    """For each held-out document everything that any member finds, and each member's probability of it.

    Args:
        nbest: above 1, members give more candidates than what they found; see `Recognizer.predict`.
    """
    texts = members[0].predicted
    together = zip(*(member.predicted for member in members), strict=True)
    found = [{entity for each in documents for entity in each.entities} for documents in together]
    judges = _judges(members, recognizers, hold=nbest > 1)
    if nbest > 1:
        for judge in judges:
            for entities, document in zip(found, _found_by(judge, texts, nbest), strict=True):
                entities.update(document.entities)
    candidates = [sorted(entities) for entities in found]
    logger.info("probabilities of %d candidates in %d documents", sum(map(len, candidates)), len(texts))
    tables = [np.zeros((len(members), len(entities))) for entities in candidates]
    for judge in judges:
        _fill(tables, judge, candidates)
    return [
        Evidence(Document(text.id, text.text, tuple(entities)), table)
        for text, entities, table in zip(texts, candidates, tables, strict=True)
    ]


def _judges(
    members: Sequence[MemberRun], recognizers: Sequence[NamedEntityRecognizer], *, hold: bool
) -> list[_Judge]:
    texts = members[0].predicted
    share = held_cells() // sum(len(each.models) for each in recognizers) if hold else 0
    judges = []
    shared = encode_shared(recognizers, texts)
    for number, (member, recognizer, encoded) in enumerate(zip(members, recognizers, shared, strict=True)):
        for fold, model in enumerate(recognizer.models):
            own = [member.held_out_in[text.id] == fold for text in texts]
            windows = [window for window, document in enumerate(encoded.document.tolist()) if own[document]]
            outputs = HeldOutputs([model], encoded, windows=windows, most_cells=share)
            judges.append(_Judge(number, model, encoded, own, windows, outputs))
    return judges


def _found_by(judge: _Judge, texts: Sequence[Document], nbest: int) -> list[Document]:
    """The candidates of one model in its documents; none in those of others."""
    decoder = ViterbiDecoder(*mean_chain([judge.model]))
    windows = decode_windows([judge.model], judge.encoded, judge.outputs, decoder, nbest=nbest)
    return list(stitch_documents(texts, judge.encoded, windows, nested=True, candidates=True))


def _fill(tables: Sequence[np.ndarray], judge: _Judge, candidates: Sequence[list[Entity]]) -> None:
    """Write one model's probabilities into its member's row of the tables (members, candidates)."""
    asked = [entities if mine else [] for entities, mine in zip(candidates, judge.own, strict=True)]
    spans, _ = place_candidates(judge.model, judge.encoded, asked)
    needed = [window for window in judge.windows if spans[window]]
    given = span_probabilities([judge.model], judge.encoded, judge.outputs.of(needed), asked)
    for table, chances, mine in zip(tables, given, judge.own, strict=True):
        if mine:
            table[judge.member] = chances
