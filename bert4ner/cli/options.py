"""Options and arguments that several commands share, and checks of paths; `parameters` reads them.

Training options are fields of `Config`, not here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.errors import RunError
from bert4ner.options import Options, describe, option
from bert4ner.registry import EXECUTORS, FORMATS
from bert4ner.runs.layout import is_run
from bert4ner.runs.missing import not_a_run

if TYPE_CHECKING:
    from bert4ner.train.executors.base import Executor
    from bert4ner.train.more_text import MoreText

Data = Annotated[Path, describe("Annotated documents: a file or a brat folder.", metavar="DATA")]
Run = Annotated[Path, describe("A run's folder, one of its folds, or a model folder.", metavar="RUN")]
NewRun = Annotated[Path, describe("Folder for the run; the same command continues where it stopped.", metavar="RUN")]


def input_formats() -> tuple[str, ...]:
    """The names of formats that can be read."""
    return ("auto", *FORMATS)


def output_formats() -> tuple[str, ...]:
    """The names of formats that can be written."""
    return tuple(name for name, format in FORMATS.items() if format.write is not None)


def _only_read(name: str) -> str:
    return f"{name} can only be read; write {', '.join(output_formats())}" if name in FORMATS else ""


InputFormat = Annotated[str, describe("Format of the documents; `auto` detects it.", choices=input_formats)]
OutputFormat = Annotated[
    str | None,
    describe(
        "Format to write; by default that of the output's ending: .jsonl, .csv, .tsv, .xlsx, .bio or .conll.",
        choices=output_formats,
        no_choice=_only_read,
    ),
]
Json = Annotated[bool, describe("Print JSON instead of tables.")]


@dataclass(frozen=True)
class ExecutionOptions(Options):
    """Where and how many models are trained at a time."""

    jobs: int = option(1, "Number of models trained at a time; results are the same.", metavar="N", low=1)
    executor: str = option(
        "local", "Where trainings run: `local`, in other processes; `in_process`, in this one.", choices=EXECUTORS
    )

    def open(self) -> "Executor":
        """The executor.

        Raises:
            ConfigError: it does not run so many trainings at a time.
        """
        from bert4ner.train.executors.base import make_executor  # deferred: help does not need it

        return make_executor(self.executor, self.jobs)


@dataclass(frozen=True)
class TextOptions(Options):
    """Documents to learn from beside DATA."""

    pseudo_labels: str | None = option(
        None, "Pseudo-labelled documents, as bert4ner pseudo writes them.", metavar="FILE", flag="pseudo"
    )
    unlabelled: str | None = option(
        None,
        "Documents for the modifiers that learn without labels: vat, mean_teacher, mmd, coral; annotation in them is "
        "ignored.",
        metavar="FILE",
    )

    def read(self) -> "MoreText":
        """The documents.

        Raises:
            DataError: see `read_pseudo_labels` and `read_documents`.
        """
        from bert4ner.data.documents import read_documents  # deferred, as above
        from bert4ner.runs.pseudo_labels import read_pseudo_labels
        from bert4ner.train.more_text import MoreText

        return MoreText(
            () if self.pseudo_labels is None else read_pseudo_labels(self.pseudo_labels),
            () if self.unlabelled is None else read_documents(self.unlabelled),
        )


def check_run(path: Path) -> None:
    """Refuse at once a path that is not a run: the library would report it only after loading TensorFlow.

    Raises:
        RunError: the folder is missing, or contains nothing of a run.
    """
    if not is_run(path):
        raise RunError(not_a_run(path))
