"""Makes one run of several: out-of-fold candidates, thresholds chosen on them, honest scores, a folder of its own."""

import json
import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bert4ner.combine.combination import Combination, Method, member_folder
from bert4ner.combine.members import MemberRun, open_members
from bert4ner.combine.probabilities import encode_shared, place_candidates, span_probabilities
from bert4ner.combine.thresholds import Aim, Rule, choose_thresholds, select_all, select_nested
from bert4ner.data.documents import write_documents
from bert4ner.data.files import atomic_folder
from bert4ner.entities import Document, Entity, sorted_labels
from bert4ner.errors import ConfigError, DataError, RunError
from bert4ner.models.prediction import run_models
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.scoring.metrics import Scores, bootstrap_interval, evaluate, summarize_folds
from bert4ner.train.folds import assign_folds
from bert4ner.train.run_folder import COMBINATION, ENVIRONMENT, LABELS, OUT_OF_FOLD, SCORES, RunFolder, environment

logger = logging.getLogger(__name__)

_NUM_FOLDS = 5                  # for thresholds of runs that have one fold only
_HALF = 0.5


@dataclass(frozen=True)
class CombineOptions:
    """How runs are to be combined."""

    method: Method = "probability"
    weights: Literal["equal", "f1"] | Sequence[float] = "equal"
    """Of each run: equal, by its out-of-fold F1, or given."""
    quorum: int | None = None
    """Votes that an entity needs; by default more than half."""
    label_quorum: Mapping[str, int] = field(default_factory=dict)
    threshold: float | None = None
    """Least score of an entity; by default 0.5 for probabilities, none for votes."""
    aim: Aim | None = None
    """What a threshold for every label is to be chosen for; without, all labels have `threshold`."""


def combine_runs(
    runs: Sequence[str | Path],
    *,
    output: str | Path,
    gold: Sequence[Document] | None = None,
    options: CombineOptions = CombineOptions(),
) -> Scores | None:
    """Make one run of several; returns the scores of its out-of-fold predictions, None without `gold`.

    The new run is complete in itself: it holds copies of its members. Its out_of_fold.jsonl has for every document what
    those models of the members found together that did not see it; where thresholds are chosen, those of each fold are
    chosen on the others, so that the scores are not of what was selected on. In use, thresholds chosen on all documents
    apply. Everything is checked before anything is computed, and the folder appears when all is done.

    Args:
        runs: folders of complete runs with the same labels that held out the same documents.
        output: a folder that does not exist or is empty.
        gold: the annotated documents that the runs were made from; others among them are left out.

    Raises:
        RunError, CheckpointError: a run is incomplete, damaged or does not belong to the first one; named.
        DataError: gold lacks documents or has unknown labels, or `output` cannot be written to.
        ConfigError: options out of range or without effect.
    """
    _check_output(Path(output), [Path(run) for run in runs])
    with atomic_folder(output) as folder:
        members = open_members(runs)
        combination = _combination(members, options)
        wanted = None if gold is None else _match_gold(gold, members)
        if wanted is None and options.aim is not None:
            raise ConfigError("thresholds are chosen on annotated documents; give those that the runs were made from")
        folds = _folds(members[0])
        if options.aim is not None and len(set(folds)) < 2:
            raise DataError("thresholds need held-out documents with at least 2 different texts")
        recognizers = [NamedEntityRecognizer.load(member.path) for member in members]
        rule = replace(combination.rule, nested=any(each.models[0].head.nested for each in recognizers))
        combination = replace(combination, rule=rule)
        candidates = _candidates(members, recognizers, combination)
        combination, selected, worth = _select(wanted, candidates, folds, combination, options.aim)
        _write(folder, members, combination, selected)
        if wanted is None:
            return None
        summary = {**_summary(wanted, selected, folds), "members": _member_scores(members), **worth}
        RunFolder(folder).write(SCORES, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        return evaluate(wanted, selected)


def _check_output(output: Path, runs: Sequence[Path]) -> None:
    if not runs:
        raise ConfigError("nothing to combine; name at least one run")
    for run in runs:
        if run.resolve() in output.resolve().parents:
            raise DataError(f"{output}: lies inside {run}, which it is made from; choose another place")


def _combination(members: Sequence[MemberRun], options: CombineOptions) -> Combination:
    voting = options.method == "vote"
    if not voting and (options.quorum is not None or options.label_quorum):
        raise ConfigError("a quorum is for the method vote; by probability a threshold decides")
    unknown = sorted(set(options.label_quorum) - set(members[0].labels))
    if unknown:
        raise ConfigError(f"quorum of the unknown label {unknown[0]!r}; known: {', '.join(members[0].labels)}")
    weights = options.weights
    if weights == "equal":
        weights = [1.0] * len(members)
    elif weights == "f1":
        weights = [member.scores.micro.f1 for member in members]
    threshold = (0.0 if voting else _HALF) if options.threshold is None else options.threshold
    return Combination(
        method=options.method,
        names=tuple(member.path.resolve().name for member in members),
        weights=tuple(float(weight) for weight in weights),
        quorum=(len(members) // 2 + 1 if voting else 1) if options.quorum is None else options.quorum,
        label_quorum=options.label_quorum,
        rule=Rule(threshold),
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


def _with(document: Document, entities: Sequence[Entity]) -> Document:
    return Document(document.id, document.text, tuple(entities))


def _candidates(
    members: Sequence[MemberRun], recognizers: Sequence[NamedEntityRecognizer], combination: Combination
) -> list[Document]:
    """The held-out documents with all that is to be selected from, scored by models that did not see them."""
    texts = members[0].predicted
    found = list(zip(*(member.predicted for member in members), strict=True))
    if combination.method == "vote":
        voted = (combination.count_votes([each.entities for each in together]) for together in found)
        return [_with(text, entities) for text, entities in zip(texts, voted, strict=True)]
    every = [sorted({entity for each in together for entity in each.entities}) for together in found]
    tables = list(_out_of_fold_chances(members, recognizers, every))                       # of each member
    return [
        _with(text, combination.average(entities, np.stack(chances)))
        for text, entities, *chances in zip(texts, every, *tables, strict=True)
    ]


def _select(
    gold: Sequence[Document] | None,
    candidates: Sequence[Document],
    folds: Sequence[int],
    combination: Combination,
    aim: Aim | None,
) -> tuple[Combination, list[Document], dict[str, Any]]:
    """The combination with its thresholds, what is selected out of fold, and what the thresholds are worth."""
    rule = combination.rule
    plain = select_all(candidates, rule, combination.thresholds)
    if gold is None or aim is None:
        return combination, plain, {}
    selected = select_nested(gold, candidates, folds, aim, rule)
    chosen = replace(combination, thresholds=choose_thresholds(gold, candidates, aim, rule))
    on_themselves = select_all(candidates, rule, chosen.thresholds)
    tried = {"f1_without": plain, "f1_nested": selected, "f1_on_themselves": on_themselves}
    worth = {name: evaluate(gold, documents).micro.f1 for name, documents in tried.items()}
    return chosen, selected, {"thresholds": worth}


def _out_of_fold_chances(
    members: Sequence[MemberRun], recognizers: Sequence[NamedEntityRecognizer], candidates: Sequence[list[Entity]]
) -> Iterator[list[np.ndarray]]:
    """For each member the probabilities of all candidates, (candidates,) for each document."""
    texts = members[0].predicted
    for member, recognizer, encoded in zip(members, recognizers, encode_shared(recognizers, texts), strict=True):
        logger.info("%s: probabilities of %d candidates", member.path, sum(map(len, candidates)))
        spans, _ = place_candidates(recognizer.models[0], encoded, candidates)
        chances = [np.zeros(len(entities)) for entities in candidates]
        for fold, model in enumerate(recognizer.models):
            own = [member.held_out_in[text.id] == fold for text in texts]
            asked = [entities if mine else [] for entities, mine in zip(candidates, own, strict=True)]
            windows = [number for number, held in enumerate(spans) if held and own[encoded.document[number]]]
            batches = run_models([model], encoded, windows=windows)
            for place, given in enumerate(span_probabilities([model], encoded, batches, asked)):
                if own[place]:
                    chances[place] = given
        yield chances


def _write(
    folder: Path, members: Sequence[MemberRun], combination: Combination, predicted: Sequence[Document]
) -> None:
    run = RunFolder(folder)
    for number, member in enumerate(members):
        unneeded = shutil.ignore_patterns("state", "report.html", ".*.part")
        try:
            shutil.copytree(member.path, folder / member_folder(number), ignore=unneeded)
        except (OSError, shutil.Error) as error:
            raise RunError(f"{member.path}: cannot be copied ({error})") from None
    run.write(ENVIRONMENT, json.dumps(environment(), indent=2) + "\n")
    run.write(LABELS, "".join(f"{label}\n" for label in members[0].labels))
    write_documents(predicted, folder / OUT_OF_FOLD, "jsonl")
    run.write(COMBINATION, combination.to_json())


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


def _member_scores(members: Sequence[MemberRun]) -> list[dict[str, Any]]:
    return [
        {"name": member.path.resolve().name, "precision": micro.precision, "recall": micro.recall, "f1": micro.f1}
        for member in members
        for micro in (member.scores.micro,)
    ]
