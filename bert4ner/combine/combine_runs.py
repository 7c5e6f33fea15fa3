"""Makes one run of several: out-of-fold candidates, everything fitted to them, unbiased scores, a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args, overload

from bert4ner.combine.aimed import compare_with_runs
from bert4ner.combine.annotated import Annotated, annotate, check_fitting
from bert4ner.combine.candidates import Evidence
from bert4ner.combine.evidence import gather_probabilities, gather_votes, open_member
from bert4ner.combine.fitting import CrossFitted, Search, apply, apply_each, cross_fit, describe_calibration, fit
from bert4ner.combine.members import Member, MemberRun, group_runs, open_members
from bert4ner.combine.options import CombineOptions
from bert4ner.combine.plan import plan_combination, plan_search
from bert4ner.combine.recognizer import load_together
from bert4ner.combine.rescoring import words_of_other_folds
from bert4ner.combine.thresholds import precision_recall_curves
from bert4ner.combine.waiting import watched
from bert4ner.data.writing import atomic_folder
from bert4ner.entities import Document, Nesting
from bert4ner.errors import ConfigError, DataError, RunError
from bert4ner.phrases import phrase
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.runs.combination import Combination
from bert4ner.runs.combined import write_combined, write_curves
from bert4ner.runs.manifest import write_run_manifest
from bert4ner.runs.score_sheet import MemberScore, make_sheet, score_folds
from bert4ner.runs.scores import write_scores
from bert4ner.scoring.metrics import Scores, evaluate

_DEFAULTS = CombineOptions()


@overload
def combine_runs(
    runs: Sequence[str | Path], *, output: str | Path, gold: Sequence[Document], options: CombineOptions = ...
) -> Scores: ...
@overload
def combine_runs(
    runs: Sequence[str | Path], *, output: str | Path, gold: None = None, options: CombineOptions = ...
) -> None: ...
def combine_runs(
    runs: Sequence[str | Path],
    *,
    output: str | Path,
    gold: Sequence[Document] | None = None,
    options: CombineOptions = _DEFAULTS,
) -> Scores | None:
    """Make one run of several; returns the scores of its out-of-fold predictions, None without `gold`.

    The new run is complete in itself: it holds copies of its members. For every document, its out_of_fold.jsonl holds
    the combined result of the members' out-of-fold models. Thresholds, calibration, quorum and the stacking model are
    fitted once per fold, to the other folds, so reported scores come from documents not used for fitting. Prediction
    on new text uses the ones fitted to all documents. All input is checked before anything is
    computed; the folder appears when everything is done.

    Args:
        runs: folders of complete runs with the same labels that held out the same documents.
        output: a folder that does not exist or is empty.
        gold: the annotated documents that the runs were made from; other documents are ignored.
        options: how to combine the runs, and what to fit.

    Raises:
        RunError, CheckpointError: a run (the error names it) is incomplete, damaged or does not fit the first one.
        DataError: gold lacks documents or has unknown labels, `output` is not writable, or there are too few
            candidates for fitting.
        ConfigError: options out of range or without effect.

    Example:
        >>> import bert4ner
        >>> runs = ["runs/sample", "runs/bios"]  # two cross-validations of the same documents and folds
        >>> scores = bert4ner.combine_runs(runs, output="runs/both", gold=bert4ner.sample_documents())
        >>> 0 <= scores.micro.f1 <= 1
        True

    References:
        See `CombineOptions`.
    """
    _check_output(Path(output), [Path(run) for run in runs])
    with atomic_folder(output) as folder:
        work = _prepare(runs, gold, options)
        recognizers = _load(work.groups, mixed_vocabularies=options.mixed_vocabularies)
        scores = _combine(folder, work, recognizers)
        write_run_manifest(folder)
        return scores


@dataclass(frozen=True)
class _Work:
    """Everything that is known before any model is loaded."""

    groups: list[tuple[MemberRun, ...]]
    combination: Combination
    search: Search
    annotated: Annotated | None


@dataclass(frozen=True)
class _Fitted:
    """The combination fitted to all documents, its out-of-fold predictions, and the gain from fitting."""

    combination: Combination
    found: CrossFitted
    worth: dict[str, Mapping[str, object]]


def _prepare(runs: Sequence[str | Path], gold: Sequence[Document] | None, options: CombineOptions) -> _Work:
    opened = open_members(runs)
    groups = group_runs(opened, by_kind=options.by_kind)
    search = plan_search(options, annotated=gold is not None)
    combination = plan_combination(groups, options)
    annotated = None if gold is None else annotate(opened, gold)
    if search.finds_something(combination):
        check_fitting(annotated)
    return _Work(groups, combination, search, annotated)


def _combine(folder: Path, work: _Work, recognizers: Sequence[NamedEntityRecognizer]) -> Scores | None:
    members = [open_member(group, recognizer) for group, recognizer in zip(work.groups, recognizers, strict=True)]
    rule = replace(work.combination.rule, nesting=_loosest(recognizers))
    combination = replace(work.combination, rule=rule)
    voting = combination.method == "vote"
    words = None
    if work.annotated is not None and combination.method == "rescoring":
        words = words_of_other_folds(work.annotated.gold, work.annotated.folds, work.annotated.others)
    evidence = gather_votes(members) if voting else gather_probabilities(members, recognizers, rule.nbest, words)
    if work.annotated is None:
        _write(folder, members, combination, apply(combination, evidence).selected)
        return None
    fitted = _fit_rule(work.annotated, evidence, combination, work.search)
    _write(folder, members, fitted.combination, fitted.found.selected)
    gold, found = work.annotated.gold, fitted.found
    folds = list(score_folds(gold, found.selected, work.annotated.folds))
    sheet = make_sheet(gold, found.selected, folds, note=phrase("note.members"))
    alone = [member.predicted for member in members]
    aimed = compare_with_runs(gold, evidence, combination, alone, work.search.aim)
    worth = {"aimed": aimed, **fitted.worth}
    write_scores(folder, replace(sheet, members=_member_scores(gold, members), worth=worth))
    write_curves(folder, precision_recall_curves(gold, found.scored, rule))
    return sheet.scores


def _loosest(recognizers: Sequence[NamedEntityRecognizer]) -> Nesting:
    """The nesting that allows everything that any member allows."""
    nestings = {each.ensemble.nesting for each in recognizers}
    return next(each for each in get_args(Nesting) if each in nestings)


def _check_output(output: Path, runs: Sequence[Path]) -> None:
    if not runs:
        raise ConfigError("nothing to combine; name at least one run")
    for run in runs:
        if run.resolve() in output.resolve().parents:
            raise DataError(f"{output}: lies inside {run}, one of the runs to combine; choose another folder")


def _load(groups: Sequence[Sequence[MemberRun]], *, mixed_vocabularies: bool) -> list[NamedEntityRecognizer]:
    recognizers = [load_together([run.path for run in group]) for group in watched(groups, "loading models")]
    first, wanted = groups[0][0], recognizers[0].models[0].vocabulary.tokens
    for (run, *_), recognizer in zip(groups, recognizers, strict=True):
        found = recognizer.models[0].vocabulary.tokens
        if found != wanted and not mixed_vocabularies:
            differing = len(set(found) ^ set(wanted))
            how = f"{differing:,} tokens are in only one of them" if differing else "the same tokens, in another order"
            raise RunError(
                f"{run.path}: was trained with another vocabulary ({len(found):,} tokens) than {first.path} "
                f"({len(wanted):,} tokens; {how}); if the encoders are meant to differ, allow it with "
                "--mixed-vocabularies, in Python CombineOptions(mixed_vocabularies=True)"
            )
    return recognizers


def _fit_rule(annotated: Annotated, evidence: Sequence[Evidence], combination: Combination, search: Search) -> _Fitted:
    gold, folds = annotated.gold, annotated.folds
    found = cross_fit(gold, evidence, folds, combination, search, annotated.others)
    whole = fit(gold, evidence, combination, search, annotated.others)
    worth: dict[str, Mapping[str, object]] = {}
    if search.aim is not None or search.quorum:
        plain = [replace(each, thresholds={}, quorum=combination.quorum) for each in found.fitted]
        tried = {
            "f1_without": apply_each(plain, evidence).selected,
            "f1_nested": found.selected,
            "f1_on_themselves": apply(whole, evidence).selected,
        }
        name = "thresholds" if search.aim is not None else "quorum"
        worth[name] = {key: evaluate(gold, documents).micro.f1 for key, documents in tried.items()}
    if search.calibration != "none":
        raw = apply_each([replace(each, calibration=None) for each in found.fitted], evidence)
        worth["calibration"] = describe_calibration(gold, raw.scored, found.scored, search.calibration)
    return _Fitted(whole, found, worth)


def _write(folder: Path, members: Sequence[Member], combination: Combination, predicted: Sequence[Document]) -> None:
    runs = [run for member in members for run in member.runs]
    labels = runs[0].record.labels
    write_combined(folder, combination, [run.path for run in runs], labels=labels, predicted=predicted)


def _member_scores(gold: Sequence[Document], members: Sequence[Member]) -> tuple[MemberScore, ...]:
    return tuple(MemberScore(member.name, evaluate(gold, member.predicted).micro) for member in members)
