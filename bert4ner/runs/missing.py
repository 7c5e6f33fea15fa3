"""What is said of a folder that is no run, or no complete one: perhaps a process is training into it now."""

from pathlib import Path

from bert4ner.data.locks import holder, in_words, is_locked


def cure_of_incomplete(folder: Path, otherwise: str) -> str:
    """What to do about a run that is not complete: wait if a process trains into it now; else what is given."""
    return f"{in_words(holder(folder))} trains into it now, wait for it" if is_locked(folder) else otherwise


def not_a_run(path: Path) -> str:
    """The message that a path is neither a run nor a model, with what is there instead."""
    if path.is_dir():
        found = cure_of_incomplete(path, "the folder holds none")
    else:
        found = "it is not a folder" if path.exists() else "nothing is there"
    return f"{path}: expected a run, made by bert4ner train, crossval or combine, or a model; {found}"
