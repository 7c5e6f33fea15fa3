"""What stands out in a run, in a few sentences: where it is weak, and what could be tried next.

Each sentence follows from numbers that the page shows, too.
"""

from collections.abc import Iterator

from bert4ner.report.mistakes import NOTHING, ORDER, Mistakes
from bert4ner.runs.record import RunRecord, TrainedRun
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import Score
from bert4ner.scoring.reliability import Reliability

FEW = 20  # gold entities: a label's score moves by points with each of them
CLEAR_GAP = 0.03  # of precision and recall, or of score and truth
WEAKEST = 3


def find_findings(record: RunRecord, mistakes: Mistakes | None, found: Reliability | None) -> list[str]:
    """Sentences, the most general first; what needs gold documents is told where they were given."""
    sentences = [*_about_balance(record.scores.micro), *_about_labels(dict(record.scores.counts))]
    if mistakes is not None:
        sentences += _about_mistakes(mistakes)
    if found is not None:
        sentences += _about_scores(found)
    if isinstance(record, TrainedRun):
        sentences += _about_epochs(record)
    return sentences


def _about_balance(micro: Score) -> Iterator[str]:
    precision, recall = f"precision ({100 * micro.precision:.1f})", f"recall ({100 * micro.recall:.1f})"
    if micro.precision - micro.recall >= CLEAR_GAP:
        yield f"{recall.capitalize()} is lower than {precision}: more is overlooked than invented."
    elif micro.recall - micro.precision >= CLEAR_GAP:
        yield f"{precision.capitalize()} is lower than {recall}: more is invented than overlooked."


def _about_labels(counts: dict[str, Counts]) -> Iterator[str]:
    enough = {label: each for label, each in counts.items() if each.gold >= FEW}
    if len(enough) > WEAKEST:
        weakest = sorted(enough.items(), key=lambda item: (item[1].f1, item[0]))[:WEAKEST]
        named = ", ".join(f"{label} ({100 * each.f1:.1f})" for label, each in weakest)
        yield f"Weakest labels by F1: {named}."
    few = sorted(label for label, each in counts.items() if each.gold < FEW)
    if few:
        yield f"Fewer than {FEW} gold entities, so that the label's score says little: {', '.join(few)}."


def _about_mistakes(mistakes: Mistakes) -> Iterator[str]:
    total = mistakes.kinds.total()
    if not total:
        return
    kind = max(ORDER, key=lambda each: mistakes.kinds[each])
    yield f"Most frequent kind of error: {kind}, {mistakes.kinds[kind]} of {total}."
    mixed = {pair: n for pair, n in mistakes.confusions.items() if pair[0] != pair[1] and NOTHING not in pair}
    if mixed:
        (gold, found), times = max(mixed.items(), key=lambda item: (item[1], item[0]))
        yield f"Most frequent confusion of labels: {gold} taken for {found}, {times} times."


def _about_scores(found: Reliability) -> Iterator[str]:
    gap = 100 * (found.mean_score - found.share_right)
    if abs(gap) >= 100 * CLEAR_GAP:
        direction = "too sure" if gap > 0 else "too modest"
        yield (
            f"The scores of entities are {direction} by {abs(gap):.1f} points on average "
            f"(mean score {100 * found.mean_score:.1f}, right {100 * found.share_right:.1f} %)."
        )


def _about_epochs(record: TrainedRun) -> Iterator[str]:
    epochs = record.config.optimization.epochs
    last = sum(fold.best_epoch == epochs for fold in record.sheet.folds)
    models = len(record.sheet.folds)
    if 2 * last > models:
        what = "folds" if models == record.num_folds else "trainings"
        where = f" in {last} of {models} {what}" if models > 1 else ""
        yield f"The last epoch was the best{where}: more epochs (--epochs) may give more."
