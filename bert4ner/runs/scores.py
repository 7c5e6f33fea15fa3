"""scores.json of a run, written and read here alone, with everything in it checked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bert4ner.runs.files import damaged, listed, number, read_json, required, text, whole, write_text
from bert4ner.runs.layout import SCORES
from bert4ner.runs.score_sheet import KNOWN, MEASURES, SCORES_FORMAT, FoldScore, MemberScore, ScoreSheet, SeedScore
from bert4ner.scoring.metrics import Score, Scores

_TRIED = ("f1_without", "f1_nested", "f1_on_themselves")
_WORTH = {"thresholds": _TRIED, "quorum": _TRIED, "calibration": ("ece_before", "ece_after")}


def write_scores(run: Path, sheet: ScoreSheet) -> None:
    """Write scores.json of a run."""
    write_text(run / SCORES, sheet.to_json())


def read_scores(run: Path) -> ScoreSheet:
    """The scores that stand in a run's folder.

    Raises:
        RunError: scores.json is missing, damaged or of a newer format.
    """
    path = run / SCORES
    values = required(read_json(path, newest=SCORES_FORMAT), ("note", "out_of_fold", "folds", "bootstrap_f1"), path)
    members = [
        required(member, ("name", *MEASURES), path) for member in listed(values.get("members", []), "members", path)
    ]
    return ScoreSheet(
        note=text(values["note"], "note", path),
        scores=_scores(values["out_of_fold"], path),
        folds=tuple(_fold(fold, path) for fold in listed(values["folds"], "folds", path)),
        bootstrap_f1=_interval(values["bootstrap_f1"], path),
        members=tuple(MemberScore(text(each["name"], "name", path), _score(each, path)) for each in members),
        worth={
            **({"aimed": _aimed(values["aimed"], path)} if "aimed" in values else {}),
            **{name: _worth(values[name], name, path) for name in _WORTH if name in values},
        },
        seeds=tuple(_seed(seed, path) for seed in listed(values.get("seeds", []), "seeds", path)),
    )


def _seed(values: object, path: Path) -> SeedScore:
    seed = required(values, ("seed", *MEASURES), path)
    return SeedScore(whole(seed["seed"], "a seed", path), _score(seed, path))


def _scores(values: object, path: Path) -> Scores:
    """From the counts alone; what follows from them is computed again."""
    held = required(values, ("labels",), path)
    for counts in required(held["labels"], (), path).values():
        _check_counts(counts, ("hits", "gold", "predicted"), path)
    if "nested" in held:
        _check_counts(held["nested"], ("hits", "gold"), path)
    return Scores.from_dict(held)


def _check_counts(values: object, names: Sequence[str], path: Path) -> None:
    counts = required(values, names, path)
    hits, *others = (whole(counts[name], name, path) for name in names)
    for name, count in zip(names[1:], others, strict=True):
        if hits > count:
            raise damaged(path, f"of {count} {name} entities {hits} were hits")


def _fold(values: object, path: Path) -> FoldScore:
    fold = required(values, ("fold", *MEASURES), path)
    known = {name: whole(fold[name], name, path) for name in KNOWN if fold.get(name) is not None}
    return FoldScore(whole(fold["fold"], "fold", path), _score(fold, path), **known)


def _interval(values: object, path: Path) -> tuple[float, float]:
    ends = [_share(end, "bootstrap_f1", path) for end in listed(values, "bootstrap_f1", path)]
    if len(ends) != 2:
        raise damaged(path, f"bootstrap_f1 was to be two numbers, found {len(ends)}")
    return ends[0], ends[1]


def _score(values: Mapping[str, Any], path: Path) -> Score:
    return Score(*(_share(values[name], name, path) for name in MEASURES))


def _worth(values: object, name: str, path: Path) -> dict[str, Any]:
    told = required(values, _WORTH[name], path)
    for key in _WORTH[name]:
        _share(told[key], f"{key} of {name}", path)
    if name == "calibration":
        text(required(told, ("kind",), path)["kind"], "kind", path)
        whole(required(told, ("candidates",), path)["candidates"], "candidates", path)
    return told


def _aimed(values: object, path: Path) -> dict[str, Any]:
    told = required(values, ("aim", "alone", "together"), path)
    text(told["aim"], "aim", path)
    for share in [told["together"], *listed(told["alone"], "alone", path)]:
        _share(share, "what was aimed at", path)
    return told


def _share(value: object, name: str, path: Path) -> float:
    return float(number(value, name, path, low=0, high=1))
