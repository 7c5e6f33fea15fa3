"""The trials of a search on disk: tuning.json says what is searched, trials.jsonl what was tried and its score."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from bert4ner.config import Config
from bert4ner.data.durable import is_left_over
from bert4ner.errors import RunError
from bert4ner.runs.files import RUN_FILES, to_json, write_text
from bert4ner.schema import FORMAT, Finite, Formats, Misfit, Name, Positive, RawText, Share
from bert4ner.tuning.space import Space

SEARCH, TRIALS, BEST = "tuning.json", "trials.jsonl", "best.toml"
_FORMAT = 1


@dataclass(frozen=True)
class Trial:
    """One training of a search, or one cross-validation."""

    number: Positive
    """Its place in the search, from 1; its run is the folder `trial-1` and so on."""
    options: Mapping[Name, RawText | int | float | bool]
    """The searched options with their values in this trial; those of the first are as they were given."""
    state: Literal["begun", "complete", "stopped", "failed"]
    """`stopped`: it was behind the others; `failed`: it could not be trained."""
    f1: Share | None = None
    """Micro F1 on its held-out documents at the best epoch, None if it is not known."""
    epochs: tuple[Share, ...] = ()
    """Micro F1 after each epoch, empty if it trained more than one model."""
    seconds: Finite = 0.0
    """How long it took, without what was done before it was continued."""
    reason: RawText = ""
    """Why it failed."""

    def __post_init__(self) -> None:
        if self.state in ("complete", "stopped") and self.f1 is None:
            raise Misfit(f"trial {self.number} is {self.state} without an F1")

    @property
    def name(self) -> str:
        """Its folder in the folder of the search."""
        return f"trial-{self.number}"

    @property
    def shown(self) -> dict[str, str]:
        """The options for readers: numbers with three digits, `none` for an empty text."""
        return {
            name: f"{value:.3g}" if isinstance(value, float) else str(value) or "none"
            for name, value in self.options.items()
        }


def best_of(trials: Sequence[Trial]) -> Trial:
    """The complete trial with the highest F1, of equal ones the first."""
    return max((each for each in trials if each.state == "complete"), key=lambda each: (each.f1 or 0, -each.number))


@dataclass(frozen=True)
class Search:
    """What makes a search the same when it is continued."""

    documents: str
    """The fingerprint of the documents."""
    valid: str | None
    """That of the documents to score on, if they are others."""
    config: Config
    """The options that all trials share."""
    space: Space
    """The searched options."""
    folds: int | None = None
    """Of the cross-validation of each trial; None: one training."""
    prune: bool = True
    """Whether trials that are behind are stopped."""

    def described(self) -> "_SearchFile":
        """The content of tuning.json."""
        space = {name: str(values) for name, values in self.space.items()}
        return _SearchFile(self.documents, self.valid, self.config.to_table(), space, self.folds, self.prune)


@dataclass(frozen=True)
class _SearchFile:
    """The content of tuning.json, apart from its format."""

    documents: str
    valid: str | None
    config: Mapping[str, object]
    space: Mapping[Name, RawText]
    folds: Positive | None
    prune: bool

    def __post_init__(self) -> None:
        Config.restore(self.config)

    def changes(self, search: Search) -> Iterator[str]:
        """What of another search is not the same."""
        before, now = Config.restore(self.config).options(), search.config.options()
        yield from (f"{name} was {before[name]!r}, now {now[name]!r}" for name in now if now[name] != before[name])
        if (self.documents, self.valid) != (search.documents, search.valid):
            yield "the documents differ"
        wanted = search.described()
        for name, called in (("space", "search"), ("folds", "folds"), ("prune", "prune")):
            if getattr(self, name) != getattr(wanted, name):
                yield f"{called} was {_shown(getattr(self, name))}, now {_shown(getattr(wanted, name))}"


def open_search(folder: Path, search: Search) -> list[Trial]:
    """Begin a search in a folder, or read the trials of the same one there.

    Raises:
        RunError: the folder holds another search, or something else; nothing is changed.
    """
    path = folder / SEARCH
    if not path.is_file():
        if any(not is_left_over(each.name) for each in folder.iterdir()):
            raise RunError(f"{folder}: the folder is not empty and holds no search; choose another --output")
        write_text(path, to_json({FORMAT: _FORMAT, **asdict(search.described())}))
        return []
    if changed := list(RUN_FILES.read(path, _SearchFile, formats=Formats(_FORMAT)).changes(search)):
        raise RunError(f"{folder}: holds another search ({'; '.join(changed)}); choose another --output")
    trials = read_trials(folder) if (folder / TRIALS).is_file() else []
    for each in trials:
        unknown = [name for name, value in each.options.items() if value not in search.space.get(name, ())]
        if unknown:
            raise RUN_FILES.refusal(folder / TRIALS, f"line {each.number}: {unknown[0]} has no value of this search")
    return trials


def _shown(found: object) -> str:
    if isinstance(found, Mapping):
        return " ".join(f"{name}={values}" for name, values in found.items())
    return "none" if found is None else str(found).lower()


def read_trials(folder: Path) -> list[Trial]:
    """The trials of a search, numbered from 1.

    Raises:
        RunError: the file is missing or damaged.
    """
    path, trials = folder / TRIALS, []
    for number, line in enumerate(RUN_FILES.read_lines(path, dict[str, object]), start=1):
        trial = RUN_FILES.build(Trial, line, path, f"line {number}: ")
        if trial.number != number:
            raise RUN_FILES.refusal(path, f"line {number}: expected trial {number}, found {trial.number}")
        trials.append(trial)
    for trial in trials:
        if trial.state == "begun" and trial is not trials[-1]:
            raise RUN_FILES.refusal(
                path, f"line {trial.number}: expected the outcome of the trial, found only its begin"
            )
    if trials and trials[0].state not in ("begun", "complete"):
        raise RUN_FILES.refusal(path, f"line 1: expected the first trial to be complete, found {trials[0].state}")
    return trials


def write_trials(folder: Path, trials: Sequence[Trial]) -> None:
    """Write the file of trials, whole or not at all."""
    write_text(folder / TRIALS, "".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in trials))
