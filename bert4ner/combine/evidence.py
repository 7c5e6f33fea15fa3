"""What the members say about held-out documents: candidates, and their probabilities by models that did not see them.

Each text is encoded once for all members that share vocabulary and windows, and run once through the one model that may
judge it, unless what that gives is too large to hold.
"""

import logging
from collections.abc import Sequence

import numpy as np

from bert4ner.combine.applying import Evidence, voiced
from bert4ner.combine.judging import Judge, unseeing_models
from bert4ner.combine.members import Member, MemberRun
from bert4ner.combine.probabilities import encode_shared, held_cells
from bert4ner.combine.waiting import watched
from bert4ner.entities import Document
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.text.encoded import Encoded

logger = logging.getLogger(__name__)


def open_member(runs: Sequence[MemberRun], recognizer: NamedEntityRecognizer) -> Member:
    """The member of these runs; what several of them find together is computed, as `recognizer` will find it in use."""
    if len(runs) == 1:
        return Member(tuple(runs), runs[0].predicted)
    texts = runs[0].predicted
    logger.info("what %d runs of one kind find together: %s", len(runs), ", ".join(str(run.path) for run in runs))
    found: list[Document] = list(texts)
    for judge in _judges_of(runs, recognizer, encode_shared([recognizer], texts)[0], most_cells=0):
        for place, document in enumerate(judge.found(texts, nbest=1)):
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
        for _, judge in watched(judges, "looking for candidates"):
            for entities, document in zip(found, judge.found(texts, nbest), strict=True):
                entities.update(document.entities)
    candidates = [sorted(entities) for entities in found]
    logger.info("probabilities of %d candidates in %d documents", sum(map(len, candidates)), len(texts))
    tables = [np.zeros((len(members), len(entities))) for entities in candidates]
    for member, judge in watched(judges, "probabilities of candidates"):
        for table, chances, mine in zip(tables, judge.chances(candidates), judge.own, strict=True):
            if mine:
                table[member] = chances
    return [
        Evidence(Document(text.id, text.text, tuple(entities)), table)
        for text, entities, table in zip(texts, candidates, tables, strict=True)
    ]


def _judges(
    members: Sequence[Member], recognizers: Sequence[NamedEntityRecognizer], *, hold: bool
) -> list[tuple[int, Judge]]:
    """The judges of each member, with the member's number."""
    shared = encode_shared(recognizers, members[0].predicted)
    most_cells = held_cells() // sum(len(each.models) for each in recognizers) if hold else 0
    return [
        (number, judge)
        for number, (member, recognizer, encoded) in enumerate(zip(members, recognizers, shared, strict=True))
        for judge in _judges_of(member.runs, recognizer, encoded, most_cells=most_cells)
    ]


def _judges_of(
    runs: Sequence[MemberRun], recognizer: NamedEntityRecognizer, encoded: Encoded, *, most_cells: int
) -> list[Judge]:
    """For each choice of models of every run those that did not see a text; recognizers hold them run by run."""
    choices = unseeing_models(runs)
    return [
        Judge(
            [recognizer.models[model] for model in choice],
            encoded,
            [each == choice for each in choices],
            most_cells=most_cells,
        )
        for choice in sorted(set(choices))
    ]
