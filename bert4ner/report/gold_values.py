"""What only the annotated documents can tell of a run: mistakes, examples, reliability; as values for the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bert4ner.config import Config
from bert4ner.data.audit import audit
from bert4ner.data.audit_places import Place
from bert4ner.entities import Document
from bert4ner.report.findings import find_findings
from bert4ner.report.mistakes import ORDER, Example, Mistakes, choose_examples, count_mistakes
from bert4ner.report.plots import draw_reliability
from bert4ner.runs.gold import match_gold
from bert4ner.runs.record import RunRecord, TrainedRun
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.scoring.reliability import Reliability, score_reliability
from bert4ner.text.windows import SPECIAL_TOKENS


@dataclass(frozen=True)
class GoldView:
    """What only the annotated documents can tell."""

    documents: list[Document]
    same_annotation: bool
    """Whether the run was scored on this very annotation."""
    mistakes: Mistakes
    examples: dict[str, list[Example]]
    reliability: Reliability | None
    window_note: str
    """What its windows do not count, if there is something; see `look_at_gold`."""
    audit: list[str]
    """Sentences of `audit` on all given documents of the run."""
    places: dict[str, list[Place]]
    """Where what they tell of stands, by kind."""


def about_gold(record: RunRecord, view: GoldView | None) -> dict[str, Any]:
    """What the page shows of a run beside the gold documents, if there are any."""
    mistakes, reliability = (view.mistakes, view.reliability) if view else (None, None)
    return {
        "gold": view,
        "kinds": ORDER,
        "confusion_labels": _confused_labels(record.scores, mistakes),
        "reliability_plot": draw_reliability(reliability, name="reliability") if reliability else "",
        "findings": find_findings(record, mistakes, reliability),
    }


def look_at_gold(record: RunRecord, documents: Sequence[Document]) -> GoldView:
    """Everything that the gold documents of a run tell; raises as `match_gold`.

    The windows of `mrc` are shorter than told by its longest query, whose tokens only its vocabulary can count.
    """
    gold = match_gold(record, documents)
    pairs = list(zip(gold, record.predicted, strict=True))
    annotated = [document for document in documents if document.id in record.held_out_in]
    config = record.config if isinstance(record, TrainedRun) else Config()
    queries = config.model.head == "mrc"
    window_size = config.windows.max_length - SPECIAL_TOKENS
    looked_at = audit(annotated, window_size=window_size, num_folds=max(2, record.num_folds))
    return GoldView(
        documents=gold,
        same_annotation=evaluate(gold, record.predicted).counts == record.scores.counts,
        mistakes=count_mistakes(pairs),
        examples=choose_examples(pairs),
        reliability=score_reliability(pairs),
        window_note="without the tokens of queries, which windows of mrc hold, too" if queries else "",
        audit=looked_at.findings(),
        places=looked_at.places_by_kind(),
    )


def _confused_labels(scores: Scores, mistakes: Mistakes | None) -> list[str]:
    """Labels of the confusion table: all that occur, the most frequent first."""
    if mistakes is None:
        return []
    support = {label: counts.gold for label, counts in scores.counts.items()}
    return sorted(mistakes.outcomes, key=lambda label: (-support.get(label, 0), label))
