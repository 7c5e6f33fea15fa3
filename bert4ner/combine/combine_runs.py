"""Makes one run of several: out-of-fold candidates, all that is fitted to them, honest scores, a folder of its own."""

import json
import logging
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from bert4ner.combine.combination import Combination, Evidence
from bert4ner.combine.evidence import gather_chances, gather_votes, open_member
from bert4ner.combine.fitting import CrossFitted, Search, apply, cross_fit, describe_calibration, fit
from bert4ner.combine.members import Member, MemberRun, group_runs, member_name, open_members
from bert4ner.combine.options import CombineOptions
from bert4ner.combine.recognizer import load_together
from bert4ner.combine.thresholds import Aim, Rule, precision_recall_curves
from bert4ner.data.documents import write_documents
from bert4ner.data.files import atomic_folder
from bert4ner.entities import Document, Nesting, sorted_labels
from bert4ner.errors import ConfigError, DataError, RunError
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.runs.folder import (
    COMBINATION,
    CURVES,
    ENVIRONMENT,
    LABELS,
    OUT_OF_FOLD,
    SCORES,
    RunFolder,
    environment,
)
from bert4ner.scoring.metrics import Scores, bootstrap_interval, evaluate, summarize_folds
from bert4ner.train.folds import assign_folds

logger = logging.getLogger(__name__)

_NUM_FOLDS = 5  # for what is fitted to runs that have one fold only
_HALF = 0.5
_DEFAULTS = CombineOptions()


def combine_runs(
    runs: Sequence[str | Path],
    *,
    output: str | Path,
    gold: Sequence[Document] | None = None,
    options: CombineOptions = _DEFAULTS,
) -> Scores | None:
    """Make one run of several; returns the scores of its out-of-fold predictions, None without `gold`.

    The new run is complete in itself: it holds copies of its members. Its out_of_fold.jsonl has for every document what
    those models of the members found together that did not see it; what is fitted (thresholds, calibration, quorum, the
    model of stacking) is fitted for each fold to the others, so that the scores are not of what was selected on. In
    use, what was fitted to all documents applies. Everything is checked before anything is computed, and the folder
    appears when all is done.

    Args:
        runs: folders of complete runs with the same labels that held out the same documents.
        output: a folder that does not exist or is empty.
        gold: the annotated documents that the runs were made from; others among them are left out.

    Raises:
        RunError, CheckpointError: a run, named, is incomplete, damaged or does not go with the first one.
        DataError: gold lacks documents or has unknown labels, `output` cannot be written to, or there are too few
            candidates to fit anything to.
        ConfigError: options out of range or without effect.
    """
    _check_output(Path(output), [Path(run) for run in runs])
    with atomic_folder(output) as folder:
        opened = open_members(runs)
        groups = group_runs(opened, by_kind=options.by_kind)
        search = _search(options, annotated=gold is not None)
        combination = _combination(groups, options)
        wanted = None if gold is None else _match_gold(gold, opened)
        folds = _folds(opened[0])
        if search.finds_something(combination):
            _check_fitting(wanted, folds)
        recognizers = _load(groups, mixed_vocabularies=options.mixed_vocabularies)
        members = [open_member(group, recognizer) for group, recognizer in zip(groups, recognizers, strict=True)]
        rule = replace(combination.rule, nesting=_loosest(recognizers))
        combination = replace(combination, rule=rule)
        voting = combination.method == "vote"
        evidence = gather_votes(members) if voting else gather_chances(members, recognizers, rule.nbest)
        if wanted is None:
            _write(folder, members, combination, apply(combination, evidence).selected)
            return None
        combination, found, worth = _fitted(wanted, evidence, folds, combination, search)
        _write(folder, members, combination, found.selected)
        summary = {**_summary(wanted, found.selected, folds), "members": _member_scores(wanted, members), **worth}
        _write_scores(RunFolder(folder), summary, precision_recall_curves(wanted, found.scored, rule))
        return evaluate(wanted, found.selected)


def _loosest(recognizers: Sequence[NamedEntityRecognizer]) -> Nesting:
    """The nesting that allows whatever any of them does."""
    nestings = {each.ensemble.nesting for each in recognizers}
    return next(each for each in get_args(Nesting) if each in nestings)


def _check_output(output: Path, runs: Sequence[Path]) -> None:
    if not runs:
        raise ConfigError("nothing to combine; name at least one run")
    for run in runs:
        if run.resolve() in output.resolve().parents:
            raise DataError(f"{output}: lies inside {run}, which it is made from; choose another place")


def _load(groups: Sequence[Sequence[MemberRun]], *, mixed_vocabularies: bool) -> list[NamedEntityRecognizer]:
    recognizers = [load_together([run.path for run in group]) for group in groups]
    first, wanted = groups[0][0], recognizers[0].models[0].vocabulary.tokens
    for (run, *_), recognizer in zip(groups, recognizers, strict=True):
        found = recognizer.models[0].vocabulary.tokens
        if found != wanted and not mixed_vocabularies:
            differing = len(set(found) ^ set(wanted))
            how = f"{differing:,} tokens are in one only" if differing else "the same tokens, in another order"
            raise RunError(
                f"{run.path}: was trained with another vocabulary ({len(found):,} tokens) than {first.path} "
                f"({len(wanted):,} tokens; {how}); if their encoders are to differ, allow it with "
                "--mixed-vocabularies, in Python CombineOptions(mixed_vocabularies=True)"
            )
    return recognizers


def _search(options: CombineOptions, *, annotated: bool) -> Search:
    """What is to be fitted; `auto` is decided here."""
    aim = options.aim
    if aim == "auto":
        aim = Aim("f", 1.0) if annotated and options.threshold is None and options.method != "vote" else None
    return Search(aim, options.calibration, options.quorum == "auto")


def _check_fitting(gold: Sequence[Document] | None, folds: Sequence[int]) -> None:
    if gold is None:
        raise ConfigError(
            "thresholds, calibration, quorum and stacking are fitted to annotated documents; give those that the runs "
            "were made from"
        )
    if len(set(folds)) < 2:
        raise DataError("what is fitted needs held-out documents with at least 2 different texts")


def _combination(groups: Sequence[Sequence[MemberRun]], options: CombineOptions) -> Combination:
    voting, count = options.method == "vote", len(groups)
    labels = groups[0][0].labels
    unknown = sorted(set(options.label_quorum) - set(labels))
    if unknown:
        raise ConfigError(f"quorum of the unknown label {unknown[0]!r}; known: {', '.join(labels)}")
    options.rules.check_labels(labels)
    weights = options.weights
    if weights == "equal":
        weights = [1.0] * count
    elif weights == "f1":
        weights = [sum(run.scores.micro.f1 for run in group) / len(group) for group in groups]
    threshold = options.threshold
    if threshold is None:  # what a single run found is its answer, however unsure; its score is no reason
        own = count == 1 and options.nbest == 1 and options.method == "probability"
        threshold = 0.0 if voting or own else _HALF
    quorum = options.quorum if isinstance(options.quorum, int) else None
    return Combination(
        method=options.method,
        names=tuple(map(member_name, groups)),
        weights=tuple(float(weight) for weight in weights),
        sizes=tuple(map(len, groups)),
        quorum=(count // 2 + 1 if voting else 1) if quorum is None else quorum,
        label_quorum=options.label_quorum,
        rule=Rule(threshold, nbest=options.nbest, spans=options.rules),
    )


def _match_gold(gold: Sequence[Document], members: Sequence[MemberRun]) -> list[Document]:
    """The gold documents of those that were held out, in their order."""
    held_out = members[0].predicted
    by_id = {document.id: document for document in gold}
    wrong = [each.id for each in held_out if each.id not in by_id or by_id[each.id].text != each.text]
    if wrong:
        raise DataError(
            f"gold lacks {len(wrong)} of the {len(held_out)} documents that the runs held out, or has another text of "
            f"them, e.g. {wrong[0]!r}; give the data that the runs were made from"
        )
    wanted = [by_id[each.id] for each in held_out]
    unknown = sorted(set(sorted_labels(wanted)) - set(members[0].labels))
    if unknown:
        raise DataError(
            f"gold has labels that the runs do not know: {', '.join(unknown)}; they know {', '.join(members[0].labels)}"
        )
    for member in members:
        if evaluate(wanted, member.predicted).counts != member.scores.counts:
            logger.warning("%s was scored on other annotation than the one given", member.path)
    return wanted


def _folds(first: MemberRun) -> list[int]:
    """Of each held-out document a fold: that of the first run, or, if it has only one, of a division made here."""
    if first.num_folds > 1:
        return [first.held_out_in[document.id] for document in first.predicted]
    num_folds = min(_NUM_FOLDS, len({document.text for document in first.predicted}))
    return [0] * len(first.predicted) if num_folds < 2 else assign_folds(first.predicted, num_folds, seed=0)


def _fitted(
    gold: Sequence[Document],
    evidence: Sequence[Evidence],
    folds: Sequence[int],
    combination: Combination,
    search: Search,
) -> tuple[Combination, CrossFitted, dict[str, Any]]:
    """The combination with what was fitted to all documents, what is found out of fold, and what fitting is worth."""
    found = cross_fit(gold, evidence, folds, combination, search)
    whole = fit(gold, evidence, combination, search)
    worth: dict[str, Any] = {}
    if search.aim is not None or search.quorum:
        plain = replace(search, aim=None, quorum=False)
        without = cross_fit(gold, evidence, folds, combination, plain)
        tried = {
            "f1_without": without.selected,
            "f1_nested": found.selected,
            "f1_on_themselves": apply(whole, evidence).selected,
        }
        name = "thresholds" if search.aim is not None else "quorum"
        worth[name] = {key: evaluate(gold, documents).micro.f1 for key, documents in tried.items()}
    if search.calibration != "none":
        raw = cross_fit(gold, evidence, folds, combination, replace(search, calibration="none"))
        worth["calibration"] = describe_calibration(gold, raw.scored, found.scored, search.calibration)
    return whole, found, worth


def _write(folder: Path, members: Sequence[Member], combination: Combination, predicted: Sequence[Document]) -> None:
    unneeded = shutil.ignore_patterns("state", "report.html", ".*.part")
    sources = [source.path for member in members for source in member.runs]
    for source, target in zip(sources, chain(*combination.folders()), strict=True):
        try:
            shutil.copytree(source, folder / target, ignore=unneeded)
        except (OSError, shutil.Error) as error:
            raise RunError(f"{source}: cannot be copied ({error})") from None
    run = RunFolder(folder)
    run.write(ENVIRONMENT, json.dumps(environment(), indent=2) + "\n")
    run.write(LABELS, "".join(f"{label}\n" for label in members[0].runs[0].labels))
    write_documents(predicted, folder / OUT_OF_FOLD, "jsonl")
    run.write(COMBINATION, combination.to_json())


def _write_scores(run: RunFolder, summary: dict[str, Any], curves: dict[str, Any]) -> None:
    run.write(CURVES, json.dumps(curves, ensure_ascii=False) + "\n")
    run.write(SCORES, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")


def _summary(gold: Sequence[Document], predicted: Sequence[Document], folds: Sequence[int]) -> dict[str, Any]:
    """What scores.json holds, as that of a training; folds have no best epoch here."""
    placed = list(zip(gold, predicted, folds, strict=True))
    counts = Counter(folds)
    per_fold = [
        evaluate([one for one, _, place in placed if place == fold], [two for _, two, place in placed if place == fold])
        for fold in sorted(counts)
    ]
    summary = summarize_folds(
        evaluate(gold, predicted),
        per_fold,
        told=[{"fold": fold, "documents": counts[fold]} for fold in sorted(counts)],
        note="each member's best epochs were chosen on the documents they are scored on: a little optimistic",
    )
    return {**summary, "bootstrap_f1": list(bootstrap_interval(gold, predicted))}


def _member_scores(gold: Sequence[Document], members: Sequence[Member]) -> list[dict[str, Any]]:
    return [
        {"name": member.name, "precision": micro.precision, "recall": micro.recall, "f1": micro.f1}
        for member in members
        for micro in (evaluate(gold, member.predicted).micro,)
    ]
