"""Train one fold in a process of its own: memory returns to the system, and a killed parent takes its worker along.

`run_fold` starts the process ``python -m bert4ner.train.worker`` and hands it everything through its standard input,
which stays open as long as the parent lives. What goes wrong comes back through its standard output, one line.
"""

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from bert4ner.config import Config
from bert4ner.data.documents import write_documents
from bert4ner.entities import Document
from bert4ner.errors import Bert4NERError, RunError
from bert4ner.runs.layout import MODEL, PREDICTIONS

ERROR_EXIT = 2  # an error for the caller: its one line went to the parent
COMMAND = [sys.executable, "-m", "bert4ner.train.worker"]


def run_fold(
    folder: Path, training: Sequence[Document], held_out: Sequence[Document], *, config: Config, labels: Sequence[str]
) -> None:
    """Train in a new process, then predict the held-out documents with the best epoch.

    Raises:
        RunError: the training failed; the message is the worker's.
    """
    job = {
        "folder": folder,
        "config": config,
        "labels": list(labels),
        "training": list(training),
        "held_out": list(held_out),
        "verbosity": logging.getLogger("bert4ner").getEffectiveLevel(),
    }
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()) as process:
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it died at its start and says why below
            process.stdin.write(pickle.dumps(job))
            process.stdin.flush()
        reply = process.stdout.read().decode("utf-8").strip()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        code = process.wait()
    if code == ERROR_EXIT and reply:
        raise RunError(f"{folder.name}: {reply}")
    if code != 0:
        raise RunError(
            f"{folder}: the training process {_ending(code)}; run the same command again, it goes on after the last "
            "completed epoch"
        )


def _environment() -> dict[str, str]:
    """The worker finds the modules that this process finds, and none in the current folder that this one does not."""
    paths = [str(path) or os.getcwd() for path in sys.path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}, its own message is above"
    if -code == signal.SIGKILL:
        return "was killed, perhaps for memory: lower --batch-tokens"
    return f"was ended by {signal.Signals(-code).name}, its own message, if any, is above"


def train_fold(job: dict[str, Any]) -> None:
    """What the worker does: train, then write predictions.jsonl, which makes the fold complete."""
    from bert4ner.models.ner_model import NERModel
    from bert4ner.models.prediction import predict_documents
    from bert4ner.train.fit import fit

    folder, held_out = job["folder"], job["held_out"]
    fit(job["training"], held_out, job["config"], labels=job["labels"], folder=folder)
    best = NERModel.load(folder / MODEL)
    write_documents(predict_documents([best], held_out), folder / PREDICTIONS, "jsonl")


def _end_with_parent(finished: threading.Event) -> None:
    while os.read(0, 1):  # returns when the parent is gone
        pass
    if not finished.is_set():  # else it is on its way out, and the parent closed the pipe for that
        os._exit(1)


def _reply_pipe() -> TextIO:
    """The parent's pipe; whatever else prints, Python or native, goes to stderr from now on."""
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return reply


def main() -> int:
    """Read a job from standard input and do it; the exit code says how it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and that ends this process
    reply = _reply_pipe()
    job = pickle.load(sys.stdin.buffer)
    finished = threading.Event()
    threading.Thread(target=_end_with_parent, args=(finished,), daemon=True).start()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("bert4ner").setLevel(job["verbosity"])
    try:
        train_fold(job)
    except (Bert4NERError, OSError) as error:
        print(error, file=reply, flush=True)
        return ERROR_EXIT
    finally:
        finished.set()  # before the reply pipe closes, which the parent waits for
    return 0


if __name__ == "__main__":
    sys.exit(main())
