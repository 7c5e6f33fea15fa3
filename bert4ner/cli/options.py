"""Options and arguments that several commands share, and checks of paths that several need; read by `parameters`.

Training options are not here: they are the fields of `Config`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.errors import RunError
from bert4ner.options import Options, describe, option
from bert4ner.registry import EXECUTORS, FORMATS
from bert4ner.runs.layout import is_run

if TYPE_CHECKING:
    from bert4ner.train.executors.base import Executor
    from bert4ner.train.more_text import MoreText

Data = Annotated[Path, describe("Annotated documents: a file, or a folder as brat has it.", metavar="DATA")]
Run = Annotated[Path, describe("A run's folder, one of its folds, or a model folder.", metavar="RUN")]
NewRun = Annotated[Path, describe("Folder for the run; the same command goes on where it stopped.", metavar="RUN")]


def input_formats() -> tuple[str, ...]:
    """What a format to read in may be."""
    return ("auto", *FORMATS)


InputFormat = Annotated[str, describe("How to read the documents; `auto` looks at them.", choices=input_formats)]
OutputFormat = Annotated[str, describe("How to write the documents.", choices=FORMATS)]
Json = Annotated[bool, describe("Print JSON instead of tables.")]


@dataclass(frozen=True)
class ExecutionOptions(Options):
    """Where models are trained."""

    jobs: int = option(1, "How many models are trained at a time; results are the same.", metavar="N", low=1)
    executor: str = option(
        "local", "What runs the trainings: `local`, in other processes; `in_process`, in this one.", choices=EXECUTORS
    )

    def open(self) -> "Executor":
        """What runs the trainings.

        Raises:
            ConfigError: it does not run so many at a time.
        """
        from bert4ner.train.executors.base import make_executor  # deferred: help does without

        return make_executor(self.executor, self.jobs)


@dataclass(frozen=True)
class TextOptions(Options):
    """What to learn from beside DATA."""

    pseudo_labels: str | None = option(
        None, "Documents as bert4ner pseudo writes them, with their weights.", metavar="FILE", flag="pseudo"
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
    """Refuse at once what is no run: to learn it from the library, one would wait for TensorFlow.

    Raises:
        RunError: there is no such folder, or nothing of a run is in it.
    """
    if not is_run(path):
        found = "the folder holds none" if path.is_dir() else "it is no folder" if path.exists() else "nothing is there"
        raise RunError(f"{path}: expected a run, made by bert4ner train, crossval or combine, or a model; {found}")
