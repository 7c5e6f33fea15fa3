"""Self-training: cross-validate, label new documents by each fold's models, cross-validate with them, and again."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bert4ner.config import Config
from bert4ner.entities import Document
from bert4ner.runs.pseudo_labels import PseudoLabelled, write_pseudo_labels
from bert4ner.scoring.metrics import Scores
from bert4ner.train.crossval import cross_validate
from bert4ner.train.executors.base import Executor, open_executor
from bert4ner.train.more_text import MoreText
from bert4ner.train.telling import telling
from bert4ner.unlabelled.labelling import pseudo_label
from bert4ner.unlabelled.options import PseudoOptions, SelfTrainingOptions

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Round:
    """One cross-validation of a self-training."""

    run: Path
    scores: Scores
    """Out of fold."""
    labels: int = 0
    """Pseudo-labels that all folds together were taught."""


def self_train(
    documents: Sequence[Document],
    unlabelled: Sequence[Document],
    config: Config,
    *,
    output: str | Path,
    options: SelfTrainingOptions = SelfTrainingOptions(),  # noqa: B008  (frozen)
    executor: str | Executor = "local",
    verbose: int = 1,
) -> list[Round]:
    """Rounds of a cross-validation, each taught by what the one before finds in new documents, and their scores.

    Round 0 learns from the annotated documents alone. A round whose out-of-fold F1 is not above that of all before is
    the last. In every round a fold is taught by its own models of the round before, which never saw what it holds out,
    so that rounds can be compared; that the best of them is taken makes its score a little optimistic. Called again, it
    goes on where it was stopped.

    Args:
        documents: annotated ones.
        unlabelled: new ones.
        config: how to train; `pseudo_ramp` is for the rounds after the first.
        output: a folder, for the run of each round, `round-0`, and the labels that it was taught, `round-1.jsonl`.
        options: how many folds and rounds there are, and what becomes a label.
        executor: where models train; see `cross_validate`.
        verbose: 0 shows no lines about rounds, folds and epochs.

    Raises:
        Bert4NERError: see `cross_validate` and `pseudo_label`.
    """
    with telling(verbose):
        return _rounds(documents, unlabelled, config, Path(output), options, open_executor(executor))


def _rounds(
    documents: Sequence[Document],
    unlabelled: Sequence[Document],
    config: Config,
    output: Path,
    options: SelfTrainingOptions,
    executor: Executor,
) -> list[Round]:
    first = config.replace(pseudo_ramp=0)
    train = partial(cross_validate, documents, folds=options.folds, executor=executor)
    done = [Round(output / "round-0", train(first, output=output / "round-0"))]
    for number in range(1, options.rounds + 1):
        taught = _labels(done[-1].run, unlabelled, options.labels)
        run = output / f"round-{number}"
        write_pseudo_labels(taught, run.with_suffix(".jsonl"))
        scores = train(config, output=run, more=MoreText(pseudo=taught))
        done.append(Round(run, scores, sum(len(each.document.entities) for each in taught)))
        if not _has_risen(done):
            break
    return done


def _has_risen(done: Sequence[Round]) -> bool:
    best, last = max(each.scores.micro.f1 for each in done[:-1]), done[-1].scores.micro.f1
    if last <= best:
        logger.info("%s: micro F1 %.4f is not above %.4f; no more rounds", done[-1].run, last, best)
    return last > best


def _labels(run: Path, unlabelled: Sequence[Document], options: PseudoOptions) -> list[PseudoLabelled]:
    lessons = pseudo_label(run, unlabelled, options, by_fold=True)
    return [each for lesson in lessons for each in lesson.labelled]
