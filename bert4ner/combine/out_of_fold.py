"""The out-of-fold models of each held-out document, and their probabilities for its candidates."""

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
    """For each held-out document the models that did not learn from it; models are numbered run by run."""
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


class OutOfFoldModels:
    """Models that together predict the documents they did not learn from.

    Args:
        models: the models.
        encoded: all held-out documents, encoded for them.
        own: for each document, whether these models predict it.
        most_cells: number of values to keep in memory for each model; above that, every query runs it again.
    """

    def __init__(self, models: Sequence[NERModel], encoded: Encoded, own: Sequence[bool], *, most_cells: int):
        self.own = list(own)
        self.ensemble = Ensemble.of(models)
        self._encoded = encoded
        self._windows = [window for window, document in enumerate(encoded.document.tolist()) if own[document]]
        most = most_cells * len(models)
        self._outputs = HeldOutputs(self.ensemble, encoded, windows=self._windows, most_cells=most)

    def found(self, texts: Sequence[Document], nbest: int) -> list[Document]:
        """The candidates in own documents, with `nbest` 1 the entities found; none in other documents."""
        windows = self.ensemble.entities(self._encoded, self._outputs, nbest=nbest)
        nesting = self.ensemble.nesting
        return list(stitch_documents(texts, self._encoded, windows, nesting=nesting, candidates=nbest > 1))

    def probabilities(self, candidates: Sequence[Sequence[Entity]]) -> list[NDArray[np.float64]]:
        """The mean probability of each candidate, ``(candidates,)`` for each document; meaningless where not `own`."""
        asked = self._asked(candidates)
        spans, _ = place_candidates(self.ensemble.models[0], self._encoded, asked)
        needed = [window for window in self._windows if spans[window]]
        return span_probabilities(self.ensemble, self._encoded, self._outputs.of(needed), asked)

    def holds(self, candidates: Sequence[Sequence[Entity]]) -> list[NDArray[np.bool_]]:
        """Whether the models can find each candidate, ``(candidates,)`` for each document; false where not `own`."""
        asked = self._asked(candidates)
        result = [np.zeros(len(entities), dtype=np.bool_) for entities in asked]
        for window in place_candidates(self.ensemble.models[0], self._encoded, asked)[1]:
            for document, candidate in window:
                result[document][candidate] = True
        return result

    def _asked(self, candidates: Sequence[Sequence[Entity]]) -> list[Sequence[Entity]]:
        return [entities if mine else () for entities, mine in zip(candidates, self.own, strict=True)]
