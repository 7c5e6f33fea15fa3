"""Options and arguments that several commands share, and checks of paths that several need; read by `parameters`.

Training options are not here: they are the fields of `Config`.
"""

from pathlib import Path
from typing import Annotated

from bert4ner.errors import DataError, RunError
from bert4ner.options import describe
from bert4ner.registry import EXECUTORS, FORMATS
from bert4ner.runs.layout import is_run

Data = Annotated[Path, describe("Annotated documents: a file, or a folder as brat has it.", metavar="DATA")]
Run = Annotated[Path, describe("A run's folder, one of its folds, or a model folder.", metavar="RUN")]
NewRun = Annotated[Path, describe("Folder for the run; the same command goes on where it stopped.", metavar="RUN")]
InputFormat = Annotated[
    str, describe("How to read the documents; `auto` looks at them.", choices=lambda: ("auto", *FORMATS))
]
OutputFormat = Annotated[str, describe("How to write the documents.", choices=FORMATS)]
Jobs = Annotated[int, describe("How many models are trained at a time; results are the same.", metavar="N", low=1)]
ExecutorName = Annotated[
    str,
    describe("What runs the trainings: `local`, in other processes; `in_process`, in this one.", choices=EXECUTORS),
]
Pseudo = Annotated[
    Path | None,
    describe(
        "Documents to learn from beside DATA, as bert4ner pseudo writes them, with their weights.", metavar="FILE"
    ),
]
Json = Annotated[bool, describe("Print JSON instead of tables.")]


def check_overwrite(source: Path, target: Path) -> None:
    """Refuse to write over what is being read.

    Raises:
        DataError: both paths lead to the same file or folder.
    """
    if source.exists() and target.exists() and source.samefile(target):
        raise DataError(f"{target}: is the input itself; name another file with the output")


def check_run(path: Path) -> None:
    """Refuse at once what is no run: to learn it from the library, one would wait for TensorFlow.

    Raises:
        RunError: there is no such folder, or nothing of a run is in it.
    """
    if not is_run(path):
        found = "the folder holds none" if path.is_dir() else "it is no folder" if path.exists() else "nothing is there"
        raise RunError(f"{path}: expected a run, made by bert4ner train, crossval or combine, or a model; {found}")
