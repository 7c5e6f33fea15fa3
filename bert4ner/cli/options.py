"""Options and arguments that several commands share, and checks of paths that several need; read by `parsing`.

Training options are not here: they are the fields of `Config`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_type_hints

from tyro.conf import FlagCreatePairsOff, OmitArgPrefixes, Positional, arg

from bert4ner.config import Config, ModelConfig
from bert4ner.data.documents import FORMAT_NAMES
from bert4ner.errors import DataError, RunError
from bert4ner.runs.layout import is_run

if TYPE_CHECKING:
    FormatName = str
    InputFormatName = str
    SchemeName = str
else:
    FormatName = Literal[FORMAT_NAMES]
    _INPUT_FORMATS = ("auto", *FORMAT_NAMES)
    InputFormatName = Literal[_INPUT_FORMATS]
    SchemeName = get_type_hints(ModelConfig)["scheme"]

Data = Annotated[Path, Positional, arg(metavar="DATA", help="Annotated documents: a file, or a folder as brat has it.")]
Run = Annotated[Path, Positional, arg(metavar="RUN", help="A run's folder, one of its folds, or a model folder.")]
NewRun = Annotated[
    Path, arg(name="output", metavar="RUN", help="Folder for the run; the same command goes on where it stopped.")
]
InputFormat = Annotated[InputFormatName, arg(help="How to read the documents; `auto` looks at them.")]
OutputFormat = Annotated[FormatName, arg(help="How to write the documents.")]
Options = Annotated[Config, OmitArgPrefixes, arg(name="")]
Json = Annotated[bool, FlagCreatePairsOff, arg(name="json", help="Print JSON instead of tables.")]


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
