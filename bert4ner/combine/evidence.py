"""What the members say about held-out documents: candidates, and their probabilities by models that did not see them.

Each text is encoded once for all members that share vocabulary and windows, and run once through the one model that may
judge it, unless what that gives is too large to hold.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bert4ner.combine.applying import Evidence, voiced
from bert4ner.combine.members import Member, MemberRun
from bert4ner.combine.probabilities import (
    HeldOutputs,
    encode_shared,
    held_cells,
    place_candidates,
    span_probabilities,
)
from bert4ner.entities import Document, Entity
from bert4ner.models.ensemble import Ensemble
from bert4ner.models.prediction import stitch_documents
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.text.encoded import Encoded

logger = logging.getLogger(__name__)


class _Judge(NamedTuple):
    """A model of each run of a member, and what they give for the documents that they did not see."""

    member: int
    ensemble: Ensemble
    encoded: Encoded
    own: list[bool]  # of each document
    windows: list[int]
    outputs: HeldOutputs


def open_member(runs: Sequence[MemberRun], recognizer: NamedEntityRecognizer) -> Member:
    """The member of these runs; what several of them find together is computed, as `recognizer` will find it in use."""
    if len(runs) == 1:
        return Member(tuple(runs), runs[0].predicted)
    texts = runs[0].predicted
    logger.info("what %d runs of one kind find together: %s", len(runs), ", ".join(str(run.path) for run in runs))
    found: list[Document] = list(texts)
    for judge in _judges_of(0, runs, recognizer, encode_shared([recognizer], texts)[0], most_cells=0):
        for place, document in enumerate(_found_by(judge, texts, nbest=1)):
            if judge.own[place]:
                found[place] = document
    return Member(tuple(runs), found)


def gather_votes(members: Sequence[Member]) -> list[Evidence]:
    """For each held-out document what the members found in it."""
    together = zip(*(member.predicted for member in members), strict=True)
    return [voiced(each[0], [found.entities for found in each]) for each in together]


def gather_chances(
    members: Sequence[Member], recognizers: Sequence[NamedEntityRecognizer], nbest: int
) -> list[Evidence]:
    """For each held-out document everything that any member finds, and each member's probability of it.

    Args:
        members: the members of the combination.
        recognizers: of each of them what recognizes with its models.
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


def _judges(members: Sequence[Member], recognizers: Sequence[NamedEntityRecognizer], *, hold: bool) -> list[_Judge]:
    shared = encode_shared(recognizers, members[0].predicted)
    most_cells = held_cells() // sum(len(each.models) for each in recognizers) if hold else 0
    return [
        judge
        for number, (member, recognizer, encoded) in enumerate(zip(members, recognizers, shared, strict=True))
        for judge in _judges_of(number, member.runs, recognizer, encoded, most_cells=most_cells)
    ]


def _judges_of(
    number: int, runs: Sequence[MemberRun], recognizer: NamedEntityRecognizer, encoded: Encoded, *, most_cells: int
) -> list[_Judge]:
    """For each choice of models of every run those that did not see a text; recognizers hold them run by run."""
    texts, records = runs[0].predicted, [run.record for run in runs]
    firsts = [sum(len(each.folds.trainings) for each in records[:place]) for place in range(len(runs))]
    choices = [
        tuple(
            first + model
            for first, each in zip(firsts, records, strict=True)
            for model in each.folds.unseen_by(text.id)
        )
        for text in texts
    ]
    judges = []
    for choice in sorted(set(choices)):
        own = [each == choice for each in choices]
        windows = [window for window, document in enumerate(encoded.document.tolist()) if own[document]]
        ensemble = Ensemble.of([recognizer.models[model] for model in choice])
        outputs = HeldOutputs(ensemble, encoded, windows=windows, most_cells=most_cells * len(choice))
        judges.append(_Judge(number, ensemble, encoded, own, windows, outputs))
    return judges


def _found_by(judge: _Judge, texts: Sequence[Document], nbest: int) -> list[Document]:
    """The candidates of one judge in its documents, for `nbest` 1 what it finds; none in those of others."""
    windows = judge.ensemble.entities(judge.encoded, judge.outputs, nbest=nbest)
    nesting = judge.ensemble.nesting
    return list(stitch_documents(texts, judge.encoded, windows, nesting=nesting, candidates=nbest > 1))


def _fill(tables: Sequence[NDArray[np.float64]], judge: _Judge, candidates: Sequence[list[Entity]]) -> None:
    """Write the mean probabilities of a judge into its member's row of the tables (members, candidates)."""
    asked = [entities if mine else [] for entities, mine in zip(candidates, judge.own, strict=True)]
    spans, _ = place_candidates(judge.ensemble.models[0], judge.encoded, asked)
    needed = [window for window in judge.windows if spans[window]]
    given = span_probabilities(judge.ensemble, judge.encoded, judge.outputs.of(needed), asked)
    for table, chances, mine in zip(tables, given, judge.own, strict=True):
        if mine:
            table[judge.member] = chances
