"""Values of the template that need the annotated documents: mistakes, examples, reliability."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bert4ner.config import Config
from bert4ner.data.audit import audit
from bert4ner.data.audit_places import Place
from bert4ner.entities import Document
from bert4ner.phrases import Phrase
from bert4ner.report.findings import find_findings
from bert4ner.report.mistakes import KINDS, Example, Mistakes, choose_examples, count_mistakes
from bert4ner.report.plots import draw_reliability
from bert4ner.runs.gold import match_gold, with_ids_of_run
from bert4ner.runs.record import RunRecord, TrainedRun
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.scoring.reliability import Reliability, score_reliability
from bert4ner.text.windows import SPECIAL_TOKENS


@dataclass(frozen=True)
class GoldView:
    """Values that need the annotated documents."""

    documents: list[Document]
    same_annotation: bool
    """Whether the run was scored on exactly this annotation."""
    mistakes: Mistakes
    examples: dict[str, list[Example]]
    reliability: Reliability | None
    without_queries: bool
    """Whether its windows also hold queries, which are not counted; see `look_at_gold`."""
    audit: list[Phrase]
    """Sentences of `audit` on all given documents of the run; only held-out ones are known without their ids."""
    places: dict[str, list[Place]]
    """The places that the sentences are about, by kind."""


def about_gold(record: RunRecord, view: GoldView | None) -> dict[str, Any]:
    """The values that the page shows beside the gold documents, if there are any."""
    mistakes, reliability = (view.mistakes, view.reliability) if view else (None, None)
    return {
        "gold": view,
        "kinds": KINDS,
        "confusion_labels": _confused_labels(record.scores, mistakes),
        "reliability_plot": draw_reliability(reliability, name="reliability") if reliability else "",
        "findings": find_findings(record, mistakes, reliability),
    }


def look_at_gold(record: RunRecord, documents: Sequence[Document]) -> GoldView:
    """All values that need the gold documents of a run; raises as `match_gold`.

    The windows of `mrc` are shorter than stated by its longest query, whose tokens only its vocabulary can count.
    """
    documents = with_ids_of_run(record.path, record.predicted, documents)
    gold = match_gold(record, documents)
    pairs = list(zip(gold, record.predicted, strict=True))
    annotated = [document for document in documents if document.id in record.held_out_in]
    config = record.config if isinstance(record, TrainedRun) else Config()
    window_size = config.windows.max_length - SPECIAL_TOKENS
    looked_at = audit(annotated, window_size=window_size, num_folds=max(2, record.num_folds), check_ends=False)
    return GoldView(
        documents=gold,
        same_annotation=evaluate(gold, record.predicted).counts == record.scores.counts,
        mistakes=count_mistakes(pairs),
        examples=choose_examples(pairs),
        reliability=score_reliability(pairs),
        without_queries=config.model.head == "mrc",
        audit=looked_at.findings(),
        places=looked_at.places_by_kind(),
    )


def _confused_labels(scores: Scores, mistakes: Mistakes | None) -> list[str]:
    """Labels of the confusion table: all that occur, the most frequent first."""
    if mistakes is None:
        return []
    support = {label: counts.gold for label, counts in scores.counts.items()}
    return sorted(mistakes.outcomes, key=lambda label: (-support.get(label, 0), label))
