"""What models that did not learn from a document say about its annotation: every model of every run on its own.

Gathers only; `scoring.suspicion` ranks what is doubtful, `scoring.agreement` says what all agree on.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bert4ner.combine.annotated import known_gold
from bert4ner.combine.judging import Judge, unseeing_models
from bert4ner.combine.members import MemberRun, open_members
from bert4ner.combine.probabilities import encode_shared, held_cells
from bert4ner.combine.recognizer import load_together
from bert4ner.entities import Document, Entity
from bert4ner.runs.folds import fingerprint
from bert4ner.scoring.suspicion import Opinions

logger = logging.getLogger(__name__)


def ask_runs(paths: Sequence[str | Path], documents: Sequence[Document], *, nbest: int = 5) -> list[Opinions]:
    """For each document that the runs held out what those models say that did not learn from it.

    Candidates are what is annotated and all that one of these models gives with `nbest`. Documents that every model
    learned from have no opinions; how many they are is told.

    Args:
        paths: complete runs with the same labels that held out the same documents.
        documents: what the runs were made from; a warning names a run that was made from others.
        nbest: see `Recognizer.predict`.

    Raises:
        RunError, CheckpointError: a run, named, is incomplete, damaged, combined of others or does not go with the
            first one.
        DataError: documents that the runs held out are missing, have another text, or labels that the runs do not know.
    """
    runs = open_members(paths)
    gold = known_gold(runs, documents)
    _tell(runs, documents)
    asked = unseeing_models(runs)
    judges = _open_judges(runs, asked)
    logger.info("asking %d models about %d documents", len(judges), len(gold))
    found = {model: judge.found(gold, 1) for model, judge in judges.items()}
    thought = [*found.values(), *(judge.found(gold, nbest) for judge in judges.values() if nbest > 1)]
    candidates = [
        sorted({*document.entities, *(entity for each in thought for entity in each[place].entities)})
        for place, document in enumerate(gold)
    ]
    chances = {model: _chances(judge, gold, candidates) for model, judge in judges.items()}
    return [
        Opinions(
            document,
            tuple(candidates[place]),
            np.stack([chances[model][place] for model in models]),
            np.stack([_among(candidates[place], found[model][place]) for model in models]),
        )
        for place, (document, models) in enumerate(zip(gold, asked, strict=True))
    ]


def _tell(runs: Sequence[MemberRun], documents: Sequence[Document]) -> None:
    """Warn of runs made from other documents, and of documents that nobody can judge."""
    made_from = fingerprint(documents)
    for run in runs:
        if run.record.folds.fingerprint != made_from:
            logger.warning(
                "%s was made from other annotation, other documents or another order of them than those given", run.path
            )
    judged = {document.id for document in runs[0].predicted}
    others = [document.id for document in documents if document.id not in judged]
    if others:
        logger.warning(
            "%d of %d documents, e.g. %r, were learned by every model, or by none: nothing is said about them",
            len(others),
            len(documents),
            others[0],
        )


def _open_judges(runs: Sequence[MemberRun], asked: Sequence[tuple[int, ...]]) -> dict[int, Judge]:
    """Every model that is asked about some document, by its number among those of all runs."""
    recognizers = [load_together([run.path]) for run in runs]
    encoded = encode_shared(recognizers, runs[0].predicted)
    models = [(model, texts) for each, texts in zip(recognizers, encoded, strict=True) for model in each.models]
    most_cells = held_cells() // len(models)
    return {
        number: Judge([model], texts, own, most_cells=most_cells)
        for number, (model, texts) in enumerate(models)
        if any(own := [number in each for each in asked])
    }


def _chances(
    judge: Judge, gold: Sequence[Document], candidates: Sequence[Sequence[Entity]]
) -> list[NDArray[np.float64]]:
    """The probability of each candidate, NaN for what the model cannot find or could not have learned."""
    head = judge.ensemble.models[0].head
    result = []
    for document, entities, given, held in zip(
        gold, candidates, judge.chances(candidates), judge.holds(candidates), strict=True
    ):
        lost = set(head.unlearnable(document.entities))
        taught = [entity not in lost for entity in entities[: len(held)]]  # of others' documents it says nothing
        result.append(np.where(held & np.array(taught, dtype=np.bool_), given, np.nan))
    return result


def _among(candidates: Sequence[Entity], found: Document) -> NDArray[np.bool_]:
    own = set(found.entities)
    return np.array([entity in own for entity in candidates], dtype=np.bool_)
