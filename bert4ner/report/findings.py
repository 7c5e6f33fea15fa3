"""The most important findings of a run, in short sentences in both languages: weaknesses, and what to try next.

Each sentence follows from numbers that the page also shows.
"""

import shlex
from collections.abc import Iterator, Sequence

from bert4ner.bundled import ENCODER, is_bundled
from bert4ner.phrases import Phrase, phrase
from bert4ner.report.mistakes import KINDS, NOTHING, ORDER, Mistakes
from bert4ner.runs.history import ENOUGH_UPDATES, updates_in
from bert4ner.runs.record import RunRecord, TrainedRun
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import Score
from bert4ner.scoring.reliability import Reliability

FEW = 20  # gold entities: each one moves a label's score by several points
CLEAR_GAP = 0.03  # between precision and recall, or score and truth
WEAKEST = 3
SHOWN_PAIRS = 3  # of labels that are confused equally often


def find_findings(record: RunRecord, mistakes: Mistakes | None, found: Reliability | None) -> list[Phrase]:
    """Sentences, the most general first; those that need gold documents only if these were given."""
    sentences = list(about_updates(record)) if isinstance(record, TrainedRun) else []
    one_model = isinstance(record, TrainedRun) and record.num_folds == 1
    sentences += [*_about_balance(record.scores.micro), *_about_labels(dict(record.scores.counts), one_model)]
    if mistakes is not None:
        sentences += _about_mistakes(mistakes)
    if found is not None:
        sentences += _about_scores(found, record)
    if isinstance(record, TrainedRun):
        sentences += about_epochs(record)
    return sentences


def _about_balance(micro: Score) -> Iterator[Phrase]:
    micro_scores = {"precision": f"{100 * micro.precision:.1f}", "recall": f"{100 * micro.recall:.1f}"}
    if micro.precision - micro.recall >= CLEAR_GAP:
        yield phrase("finding.misses", **micro_scores)
    elif micro.recall - micro.precision >= CLEAR_GAP:
        yield phrase("finding.false", **micro_scores)


def _about_labels(counts: dict[str, Counts], one_model: bool) -> Iterator[Phrase]:
    enough = {label: each for label, each in counts.items() if each.gold >= FEW}
    if len(enough) > WEAKEST:
        weakest = sorted(enough.items(), key=lambda item: (item[1].f1, item[0]))[:WEAKEST]
        labels = [phrase("label.f1", label=label, f1=f"{100 * each.f1:.1f}") for label, each in weakest]
        yield phrase("finding.weakest", labels=_listed(labels))
    few = sorted(label for label, each in counts.items() if each.gold < FEW)
    if len(few) == len(counts) > 1:
        yield phrase("finding.few.held" if one_model else "finding.few.all", count=FEW, labels=len(few))
    elif few:
        yield phrase("finding.few", count=FEW, labels=_listed(few))


def _listed(words: Sequence[str]) -> Phrase:
    in_chinese = [each.chinese if isinstance(each, Phrase) else each for each in words]
    return Phrase(", ".join(words), "、".join(in_chinese))


def _about_mistakes(mistakes: Mistakes) -> Iterator[Phrase]:
    total = mistakes.kinds.total()
    if not total:
        return
    most = max(mistakes.kinds.values())
    kinds = [KINDS[each] for each in ORDER if mistakes.kinds[each] == most]
    if len(kinds) == 1:
        yield phrase("finding.kind", kind=kinds[0], count=most, total=total)
    else:
        yield phrase("finding.kinds", kinds=_listed(kinds), count=most, total=total)
    mixed = {pair: n for pair, n in mistakes.confusions.items() if pair[0] != pair[1] and NOTHING not in pair}
    if mixed:
        yield _about_confusions(mixed)


def _about_confusions(mixed: dict[tuple[str, str], int]) -> Phrase:
    """The pair of labels that is confused most often, or all that are as often."""
    times = max(mixed.values())
    alike = sorted(pair for pair, count in mixed.items() if count == times)
    pairs = [phrase("confusion.pair", gold=gold, found=found) for gold, found in alike[:SHOWN_PAIRS]]
    more = len(alike) - len(pairs)
    if more:
        return phrase("finding.confusions.more", pairs=_listed(pairs), count=times, more=more)
    if len(pairs) > 1:
        return phrase("finding.confusions", pairs=_listed(pairs), count=times)
    return phrase("finding.confusion", pair=pairs[0], count=times)


def _about_scores(found: Reliability, record: RunRecord) -> Iterator[Phrase]:
    """Whether scores mislead, with the cure, unless the run is a combined one, to which it may have been applied."""
    gap = 100 * (found.mean_score - found.share_right)
    if abs(gap) >= 100 * CLEAR_GAP:
        said = phrase(
            "finding.overconfident" if gap > 0 else "finding.underconfident",
            gap=f"{abs(gap):.1f}",
            score=f"{100 * found.mean_score:.1f}",
            right=f"{100 * found.share_right:.1f}",
        )
        run, new = (shlex.quote(str(record.path) + ending) for ending in ("", "-calibrated"))
        how = phrase("finding.calibrate", run=run, new=new)
        yield Phrase(f"{said} {how}", said.chinese + how.chinese) if isinstance(record, TrainedRun) else said


def about_updates(record: TrainedRun) -> Iterator[Phrase]:
    """The advice to update the weights more often, where some model had too few updates to learn from."""
    counts = [count for count in map(updates_in, record.histories) if count is not None]
    if counts and min(counts) < ENOUGH_UPDATES:
        batch_tokens = f"{record.config.optimization.batch_tokens:,}"
        yield phrase("finding.updates", count=min(counts), batch_tokens=batch_tokens)


def about_epochs(record: TrainedRun) -> Iterator[Phrase]:
    """The advice to train for more epochs, where most models were best after the last one, or none found anything."""
    epochs = record.config.optimization.epochs
    last = sum(fold.best_epoch == epochs and fold.micro.f1 > 0 for fold in record.sheet.folds)
    models = len(record.sheet.folds)
    if not any(fold.micro.f1 for fold in record.sheet.folds):
        yield phrase("finding.nothing")
    elif 2 * last > models == 1:
        yield phrase("finding.epochs.one")
    elif 2 * last > models:
        several = "finding.epochs.folds" if models == record.num_folds else "finding.epochs.trainings"
        yield phrase(several, last=last, models=models)


def about_encoder(record: RunRecord) -> Iterator[Phrase]:
    """The advice to take an encoder of usual size, where the run was trained with the bundled one."""
    if isinstance(record, TrainedRun) and is_bundled(record.config.model.pretrained):
        yield phrase("encoder.small", name=ENCODER)
