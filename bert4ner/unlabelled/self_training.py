"""Self-training: cross-validate, label new documents with each fold's models, cross-validate with them, repeat."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bert4ner.config import Config
from bert4ner.data.durable import remove_left_overs
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.configuration import read_config
from bert4ner.runs.layout import is_trained
from bert4ner.runs.lock import held
from bert4ner.runs.pseudo_labels import PseudoLabelled, write_pseudo_labels
from bert4ner.scoring.metrics import Scores
from bert4ner.train.console import log_to_console
from bert4ner.train.crossval import cross_validate
from bert4ner.train.executors.base import Executor, open_executor
from bert4ner.train.more_text import MoreText
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
    """Number of pseudo-labels that all folds together learned from."""


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
    """Repeat a cross-validation; each round learns from what the previous one finds in new documents. Returns scores.

    Round 0 learns from the annotated documents alone. The first round whose out-of-fold F1 is not above all earlier
    rounds is the last. In every round, a fold learns from its own models of the previous round, which never saw the
    documents it holds out; so rounds can be compared. Choosing the best round makes its score a little optimistic.
    Called again, it resumes where it was stopped.

    Args:
        documents: annotated ones.
        unlabelled: new ones.
        config: how to train; `pseudo_ramp` is for the rounds after the first.
        output: a folder, for the run of each round, `round-0`, and the labels that it was taught, `round-1.jsonl`.
        options: the number of folds and rounds, and what becomes a label.
        executor: where models train; see `cross_validate`.
        verbose: 0 shows no lines about rounds, folds and epochs.

    Raises:
        Bert4NERError: see `cross_validate` and `pseudo_label`.

    Example:
        >>> import bert4ner
        >>> config = bert4ner.Config(pretrained="tcm-mini", epochs=1)
        >>> options = bert4ner.SelfTrainingOptions(folds=2, rounds=1)
        >>> documents, new = bert4ner.sample_documents(), [bert4ner.Document("new-1", "人参治头痛")]
        >>> rounds = bert4ner.self_train(documents, new, config, output="runs/self", options=options, verbose=0)
        >>> rounds[0].run.name
        'round-0'

    References:
        Yarowsky 1995, Unsupervised word sense disambiguation rivaling supervised methods; Xie et al. 2020,
        Self-training with noisy student improves ImageNet classification.
    """
    with log_to_console(verbose), held(Path(output)):
        return _rounds(documents, unlabelled, config, Path(output), options, open_executor(executor))


def _rounds(
    documents: Sequence[Document],
    unlabelled: Sequence[Document],
    config: Config,
    output: Path,
    options: SelfTrainingOptions,
    executor: Executor,
) -> list[Round]:
    _check_epochs(output, config.optimization.epochs)
    first = config.replace(pseudo_ramp=0)
    train = partial(cross_validate, documents, folds=options.folds, executor=executor)
    done = [Round(output / "round-0", train(first, output=output / "round-0"))]
    for number in range(1, options.rounds + 1):
        taught = _labels(done[-1].run, unlabelled, options.labels)
        run = output / f"round-{number}"
        labels = run.with_suffix(".jsonl")
        remove_left_overs(output, {labels.name})
        write_pseudo_labels(taught, labels)
        scores = train(config, output=run, more=MoreText(pseudo=taught))
        done.append(Round(run, scores, sum(len(each.document.entities) for each in taught)))
        if not _has_risen(done):
            break
    return done


def _check_epochs(output: Path, epochs: int) -> None:
    """Refuse more epochs of a round that the next one has learned from as it is."""
    first, second = output / "round-0", output / "round-1"
    if is_trained(first) and is_trained(second):
        before = read_config(first).optimization.epochs
        if epochs > before:
            raise RunError(
                f"{first}: epochs was {before}, now {epochs}, but {second.name} has learned from it as it is; choose "
                "another --output"
            )


def _has_risen(done: Sequence[Round]) -> bool:
    best, last = max(each.scores.micro.f1 for each in done[:-1]), done[-1].scores.micro.f1
    if last <= best:
        logger.info("%s: micro F1 %.4f is not above %.4f; stopping", done[-1].run, last, best)
    return last > best


def _labels(run: Path, unlabelled: Sequence[Document], options: PseudoOptions) -> list[PseudoLabelled]:
    lessons = pseudo_label(run, unlabelled, options, by_fold=True)
    return [each for lesson in lessons for each in lesson.labelled]
