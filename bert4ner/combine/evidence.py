"""What the members find in held-out documents: candidates, and their probabilities by out-of-fold models.

Members that share vocabulary and windows share one encoding of each text. A text runs once through its out-of-fold
model, unless the outputs are too large to keep in memory.
"""

import logging
from collections.abc import Sequence

import numpy as np

from bert4ner.combine.candidates import Evidence, voiced
from bert4ner.combine.members import Member, MemberRun
from bert4ner.combine.out_of_fold import OutOfFoldModels, unseeing_models
from bert4ner.combine.probabilities import encode_shared, held_cells
from bert4ner.combine.rescoring import propose
from bert4ner.combine.waiting import watched
from bert4ner.entities import Document
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.text.encoded import Encoded
from bert4ner.text.gazetteer import Gazetteer

logger = logging.getLogger(__name__)


def open_member(runs: Sequence[MemberRun], recognizer: NamedEntityRecognizer) -> Member:
    """The member made of these runs; several runs predict together, like `recognizer` in use."""
    if len(runs) == 1:
        return Member(tuple(runs), runs[0].predicted)
    texts = runs[0].predicted
    logger.info("predicting with %d runs of one head together: %s", len(runs), ", ".join(str(run.path) for run in runs))
    found: list[Document] = list(texts)
    for predictor in _out_of_fold_models(runs, recognizer, encode_shared([recognizer], texts)[0], most_cells=0):
        for place, document in enumerate(predictor.found(texts, nbest=1)):
            if predictor.own[place]:
                found[place] = document
    return Member(tuple(runs), found)


def gather_votes(members: Sequence[Member]) -> list[Evidence]:
    """For each held-out document, what the members found in it."""
    together = zip(*(member.predicted for member in members), strict=True)
    return [voiced(each[0], [found.entities for found in each]) for each in together]


def gather_probabilities(
    members: Sequence[Member],
    recognizers: Sequence[NamedEntityRecognizer],
    nbest: int,
    gazetteers: Sequence[Gazetteer] | None = None,
) -> list[Evidence]:
    """For each held-out document, every entity that any member finds, and each member's probability for it.

    Args:
        members: the members of the combination.
        recognizers: one for each member, with its models.
        nbest: above 1, members give more candidates than they found; see `Recognizer.predict`.
        gazetteers: for each document annotated texts; what members find is then also a candidate at every other
            occurrence, and so are these texts.
    """
    texts = members[0].predicted
    together = zip(*(member.predicted for member in members), strict=True)
    found = [{entity for each in documents for entity in each.entities} for documents in together]
    predictors = _members_models(members, recognizers, hold=nbest > 1)
    if nbest > 1:
        for _, predictor in watched(predictors, "looking for candidates"):
            for entities, document in zip(found, predictor.found(texts, nbest), strict=True):
                entities.update(document.entities)
    proposed, candidates = propose(texts, found, gazetteers)
    logger.info("probabilities of %d candidates in %d documents", sum(map(len, candidates)), len(texts))
    tables = [np.zeros((len(members), len(entities))) for entities in candidates]
    for member, predictor in watched(predictors, "probabilities of candidates"):
        for table, probabilities, mine in zip(tables, predictor.probabilities(candidates), predictor.own, strict=True):
            if mine:
                table[member] = probabilities
    return [
        Evidence(
            Document(text.id, text.text, tuple(entities)), table, np.array([each in own for each in entities], bool)
        )
        for text, entities, table, own in zip(texts, candidates, tables, proposed, strict=True)
    ]


def _members_models(
    members: Sequence[Member], recognizers: Sequence[NamedEntityRecognizer], *, hold: bool
) -> list[tuple[int, OutOfFoldModels]]:
    """The out-of-fold models of each member, with the member's index."""
    shared = encode_shared(recognizers, members[0].predicted)
    most_cells = held_cells() // sum(len(each.models) for each in recognizers) if hold else 0
    return [
        (number, predictor)
        for number, (member, recognizer, encoded) in enumerate(zip(members, recognizers, shared, strict=True))
        for predictor in _out_of_fold_models(member.runs, recognizer, encoded, most_cells=most_cells)
    ]


def _out_of_fold_models(
    runs: Sequence[MemberRun], recognizer: NamedEntityRecognizer, encoded: Encoded, *, most_cells: int
) -> list[OutOfFoldModels]:
    """One object per group of models that share their held-out texts; model indices run through the runs in order."""
    choices = unseeing_models(runs)
    return [
        OutOfFoldModels(
            [recognizer.models[model] for model in choice],
            encoded,
            [each == choice for each in choices],
            most_cells=most_cells,
        )
        for choice in sorted(set(choices))
    ]
