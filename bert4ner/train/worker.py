"""Train one fold in a process of its own: memory returns to the system, and a killed parent takes its worker along.

`run_fold` starts the process ``python -m bert4ner.train.worker`` and hands it everything through its standard input,
which stays open as long as the parent lives.
"""

import contextlib
import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from bert4ner.config import Config
from bert4ner.data.documents import write_documents
from bert4ner.entities import Document
from bert4ner.errors import Bert4NERError, RunError

ERROR_EXIT = 2                  # an error for the caller: its one line went to stderr


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
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "bert4ner.train.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(BrokenPipeError):                  # it died at its start and says why below
            process.stdin.write(pickle.dumps(job))
            process.stdin.flush()
        reply = process.stdout.read().decode("utf-8")
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        code = process.wait()
    if code == ERROR_EXIT:
        raise RunError(reply.strip())
    if code != 0:
        raise RunError(
            f"{folder}: the training process ended with code {code}"
            + ("; killed, perhaps for memory: lower --batch-tokens" if code < 0 else "; its own message is above")
            + ". Run the same command again, it goes on after the last completed epoch"
        )


def train_fold(job: dict[str, Any]) -> None:
    """What the worker does: train, then write predictions.jsonl, then drop the state; in this order, for resuming."""
    from bert4ner.models.ner_model import NERModel
    from bert4ner.models.prediction import predict_documents
    from bert4ner.train.fit import drop_state, fit

    folder, held_out = job["folder"], job["held_out"]
    fit(job["training"], held_out, job["config"], labels=job["labels"], folder=folder)
    best = NERModel.load(folder / "model")
    write_documents(predict_documents([best], held_out), folder / "predictions.jsonl", "jsonl")
    drop_state(folder)


def _end_with_parent(stdin: BinaryIO) -> None:
    stdin.read()                                                    # returns when the parent is gone
    os._exit(1)


def main() -> int:
    """Read a job from standard input and do it; the exit code says how it went."""
    reply, sys.stdout = sys.stdout, sys.stderr                      # nothing else may reach the parent's pipe
    job = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, args=(sys.stdin.buffer,), daemon=True).start()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("bert4ner").setLevel(job["verbosity"])
    try:
        train_fold(job)
    except Bert4NERError as error:
        print(error, file=reply, flush=True)
        return ERROR_EXIT
    return 0


if __name__ == "__main__":
    # os._exit: the thread that watches the parent holds the lock of standard input, which a normal exit would wait for.
    code = main()
    sys.stderr.flush()
    os._exit(code)
