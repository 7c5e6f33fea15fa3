"""Who may judge a held-out document: models that did not learn from it, and what they say about candidates in it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bert4ner.combine.members import MemberRun
from bert4ner.combine.probabilities import HeldOutputs, place_candidates, span_probabilities
from bert4ner.entities import Document, Entity
from bert4ner.models.ensemble import Ensemble
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import stitch_documents
from bert4ner.text.encoded import Encoded


def unseeing_models(runs: Sequence[MemberRun]) -> list[tuple[int, ...]]:
    """For each held-out document the models that did not learn from it; those of all runs are counted run by run."""
    records = [run.record for run in runs]
    firsts = [sum(len(each.folds.trainings) for each in records[:place]) for place in range(len(runs))]
    return [
        tuple(
            first + model
            for first, each in zip(firsts, records, strict=True)
            for model in each.folds.unseen_by(text.id)
        )
        for text in runs[0].predicted
    ]


class Judge:
    """Models that together judge some documents, and what they give for these.

    Args:
        models: the models.
        encoded: all held-out documents, encoded for them.
        own: of each document whether they judge it.
        most_cells: numbers that may be held for each model; beyond, models are run again whenever they are asked.
    """

    def __init__(self, models: Sequence[NERModel], encoded: Encoded, own: Sequence[bool], *, most_cells: int):
        self.own = list(own)
        self.ensemble = Ensemble.of(models)
        self._encoded = encoded
        self._windows = [window for window, document in enumerate(encoded.document.tolist()) if own[document]]
        most = most_cells * len(models)
        self._outputs = HeldOutputs(self.ensemble, encoded, windows=self._windows, most_cells=most)

    def found(self, texts: Sequence[Document], nbest: int) -> list[Document]:
        """The candidates in its documents, for `nbest` 1 what it finds; none in those of others."""
        windows = self.ensemble.entities(self._encoded, self._outputs, nbest=nbest)
        nesting = self.ensemble.nesting
        return list(stitch_documents(texts, self._encoded, windows, nesting=nesting, candidates=nbest > 1))

    def chances(self, candidates: Sequence[Sequence[Entity]]) -> list[NDArray[np.float64]]:
        """The mean probability of each candidate, ``(candidates,)`` for each document; nothing sensible for others'."""
        asked = self._asked(candidates)
        spans, _ = place_candidates(self.ensemble.models[0], self._encoded, asked)
        needed = [window for window in self._windows if spans[window]]
        return span_probabilities(self.ensemble, self._encoded, self._outputs.of(needed), asked)

    def holds(self, candidates: Sequence[Sequence[Entity]]) -> list[NDArray[np.bool_]]:
        """Whether it can find each candidate at all, ``(candidates,)`` for each document; not where others judge."""
        asked = self._asked(candidates)
        result = [np.zeros(len(entities), dtype=np.bool_) for entities in asked]
        for window in place_candidates(self.ensemble.models[0], self._encoded, asked)[1]:
            for document, candidate in window:
                result[document][candidate] = True
        return result

    def _asked(self, candidates: Sequence[Sequence[Entity]]) -> list[Sequence[Entity]]:
        return [entities if mine else () for entities, mine in zip(candidates, self.own, strict=True)]
