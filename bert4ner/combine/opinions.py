"""What out-of-fold models say about the annotation of a document: each model of each run on its own.

Only gathers; `scoring.suspicion` ranks doubtful annotations, `scoring.agreement` finds what all models agree on.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bert4ner.combine.annotated import known_gold
from bert4ner.combine.members import MemberRun, open_members
from bert4ner.combine.out_of_fold import OutOfFoldModels, unseeing_models
from bert4ner.combine.probabilities import encode_shared, held_cells
from bert4ner.combine.recognizer import load_together
from bert4ner.entities import Document, Entity
from bert4ner.runs.folds import fingerprint
from bert4ner.runs.gold import with_ids_of_run
from bert4ner.scoring.pairing import with_own_ids
from bert4ner.scoring.suspicion import Opinions

logger = logging.getLogger(__name__)


def ask_runs(paths: Sequence[str | Path], documents: Sequence[Document], *, nbest: int = 5) -> list[Opinions]:
    """For each document that the runs held out, the opinions of its out-of-fold models, under the id that it is given.

    Candidates are the annotated entities and everything that any of these models proposes with `nbest`. Documents that
    every model learned from have no opinions; a warning counts them.

    Args:
        paths: complete runs with the same labels that held out the same documents.
        documents: what the runs were made from; a warning names a run made from other documents.
        nbest: see `Recognizer.predict`.

    Raises:
        RunError, CheckpointError: a run (the error names it) is incomplete, damaged, combined from others, or does not
            fit the first one.
        DataError: documents that the runs held out are missing, have another text, or have labels unknown to the runs.
    """
    runs = open_members(paths)
    named = with_ids_of_run(runs[0].path, runs[0].predicted, documents)
    gold = known_gold(runs, named)
    own = gold if named is documents else with_own_ids(gold, documents)
    _warn(runs, named)
    asked = unseeing_models(runs)
    predictors = _open_models(runs, asked)
    logger.info("asking %d models about %d documents", len(predictors), len(gold))
    found = {model: predictor.found(gold, 1) for model, predictor in predictors.items()}
    thought = [*found.values(), *(predictor.found(gold, nbest) for predictor in predictors.values() if nbest > 1)]
    candidates = [
        sorted({*document.entities, *(entity for each in thought for entity in each[place].entities)})
        for place, document in enumerate(gold)
    ]
    probabilities = {model: _probabilities(predictor, gold, candidates) for model, predictor in predictors.items()}
    return [
        Opinions(
            document,
            tuple(candidates[place]),
            np.stack([probabilities[model][place] for model in models]),
            np.stack([_among(candidates[place], found[model][place]) for model in models]),
        )
        for place, (document, models) in enumerate(zip(own, asked, strict=True))
    ]


def _warn(runs: Sequence[MemberRun], documents: Sequence[Document]) -> None:
    """Warn about runs made from other documents, and about documents that have no out-of-fold model."""
    made_from = fingerprint(documents)
    for run in runs:
        if run.record.folds.fingerprint != made_from:
            logger.warning(
                "%s was made from other annotation, other documents or another order of them than those given",
                run.path,
            )
    held_out = {document.id for document in runs[0].predicted}
    others = [document.id for document in documents if document.id not in held_out]
    if others:
        logger.warning(
            "%d of %d documents, e.g. %r, were learned by every model, or by none; they are left out",
            len(others),
            len(documents),
            others[0],
        )


def _open_models(runs: Sequence[MemberRun], asked: Sequence[tuple[int, ...]]) -> dict[int, OutOfFoldModels]:
    """Every model that is asked about some document, by its index among the models of all runs."""
    recognizers = [load_together([run.path]) for run in runs]
    encoded = encode_shared(recognizers, runs[0].predicted)
    models = [(model, texts) for each, texts in zip(recognizers, encoded, strict=True) for model in each.models]
    most_cells = held_cells() // len(models)
    return {
        number: OutOfFoldModels([model], texts, own, most_cells=most_cells)
        for number, (model, texts) in enumerate(models)
        if any(own := [number in each for each in asked])
    }


def _probabilities(
    predictor: OutOfFoldModels, gold: Sequence[Document], candidates: Sequence[Sequence[Entity]]
) -> list[NDArray[np.float64]]:
    """The probability of each candidate; NaN where the model cannot find or could not learn it."""
    head = predictor.ensemble.models[0].head
    result = []
    for document, entities, given, held in zip(
        gold, candidates, predictor.probabilities(candidates), predictor.holds(candidates), strict=True
    ):
        lost = set(head.unlearnable(document.entities))
        taught = [entity not in lost for entity in entities[: len(held)]]  # empty for documents not its own
        result.append(np.where(held & np.array(taught, dtype=np.bool_), given, np.nan))
    return result


def _among(candidates: Sequence[Entity], found: Document) -> NDArray[np.bool_]:
    own = set(found.entities)
    return np.array([entity in own for entity in candidates], dtype=np.bool_)
