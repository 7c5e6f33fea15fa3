"""Run one task in its own process: its memory returns to the system, and it ends with its parent.

`Worker.run` starts a process that calls `main` and sends it everything through its standard input,
which stays open as long as the parent lives. An error comes back through its standard output, as one line.
"""

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from typing import IO, Any, TextIO

import numpy  # noqa: F401  (it counts cores at import, which must precede `_keep_to`)

from bert4ner.data.failures import in_words
from bert4ner.errors import Bert4NERError, RunError
from bert4ner.runs.layout import HISTORY
from bert4ner.train.console import console
from bert4ner.train.executors.shares import Share
from bert4ner.train.tasks import Task

logger = logging.getLogger(__name__)

ERROR_EXIT = 2  # an error for the caller, sent to the parent as one line
_START = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "  # Ctrl-C ends the parent, and that ends the worker
    "from bert4ner.train.worker import main; raise SystemExit(main())"
)
COMMAND = [sys.executable, "-c", _START]
"""What starts a worker: Ctrl-C is ignored before any import takes time, or a traceback would be shown."""


class Worker:
    """Runs tasks one after the other, each in a new process, until another thread stops it.

    Args:
        share: the share of the machine that the process may use.
        prefixed: print the output of the process line by line, each with the name of the task; the process then has no
            terminal and shows no progress bars. Output is also printed line by line if this process shows lines
            elsewhere than on its standard error, for example in a notebook's cell.
    """

    def __init__(self, share: Share | None = None, *, prefixed: bool = False):
        self.share = share or Share()
        self.prefixed = prefixed
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, task: Task) -> None:
        """Run a task in a new process and wait for its end.

        Raises:
            RunError: the task failed, with the message of the process; or the worker was stopped.
        """
        with self._started(task) as process:
            assert process.stdin is not None and process.stdout is not None
            printing = self._print_lines(process.stderr, f"{task.name}: " if self.prefixed else "")
            with contextlib.suppress(BrokenPipeError):  # it died at its start; its message is below
                process.stdin.write(self._job(task))
                process.stdin.flush()
            reply = process.stdout.read().decode("utf-8").strip()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            code = process.wait()
            if printing is not None:
                printing.join()
        if code == ERROR_EXIT and reply:
            raise RunError(f"{task.name}: {reply}")
        if code != 0:
            raise RunError(
                f"{task.folder}: the training process {_ending(code)}; run the same command again"
                + (", it goes on after the last completed epoch" if (task.folder / HISTORY).is_file() else "")
            )

    def stop(self) -> None:
        """End the running process, if any, and start no other; its results so far stay."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _started(self, task: Task) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._stopped:
                raise RunError(f"{task.name}: stopped before it began")
            logger.info("%s", task.title)
            stderr = subprocess.PIPE if self.prefixed or not _is_stderr(console()) else None
            environment = {**_environment(), **self.share.environment}
            if stderr is not None:  # a notebook sets it, and bars would fill many lines
                environment.pop("FORCE_COLOR", None)
            self._process = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=environment
            )
            return self._process

    def _job(self, task: Task) -> bytes:
        verbosity = logging.getLogger("bert4ner").getEffectiveLevel()
        # The task has its own pickle, so that its modules are imported on the cores of the process's share.
        return pickle.dumps({"cores": self.share.cores, "verbosity": verbosity, "task": pickle.dumps(task)})

    @staticmethod
    def _print_lines(stream: IO[bytes] | None, before: str) -> threading.Thread | None:
        if stream is None:
            return None

        to = console()

        def print_lines() -> None:
            for line in stream:
                print(f"{before}{line.decode('utf-8', 'replace')}", end="", file=to, flush=True)

        thread = threading.Thread(target=print_lines, daemon=True)
        thread.start()
        return thread


def _is_stderr(stream: Any) -> bool:  # any object used as a file
    """Whether a stream writes to file descriptor 2, as a child's standard error would."""
    try:
        return bool(stream.fileno() == 2)
    except (AttributeError, OSError, ValueError):  # None, closed, or not a system file
        return False


def _environment() -> dict[str, str]:
    """An environment in which the worker finds the same modules as this process, and none in the current folder."""
    paths = [str(path) or os.getcwd() for path in sys.path]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONSAFEPATH": "1",
        "TF_USE_LEGACY_KERAS": "1",  # a module with a user's callbacks may import TensorFlow before we do
    }


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}, its own message is above"
    if -code == signal.SIGKILL:
        return "was killed, perhaps for memory: lower --batch-tokens or --jobs"
    return f"was ended by {_signal_name(-code)}, its own message, if any, is above"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # Python names the first and the last of the real-time signals only
        first = getattr(signal, "SIGRTMIN", number)
        return f"SIGRTMIN+{number - first}" if number > first else f"signal {number}"


def _end_with_parent(finished: threading.Event) -> None:
    while os.read(0, 1):  # returns when the parent has ended
        pass
    if not finished.is_set():  # otherwise this process is ending, and the parent closed the pipe
        os._exit(1)


def _reply_pipe() -> TextIO:
    """The parent's pipe; all other output, of Python or native code, goes to stderr from now on."""
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return reply


def _keep_to(cores: tuple[int, ...]) -> None:
    """Use only these processor cores; empty means all."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def main() -> int:
    """Read a job from standard input and run it; returns the exit code."""
    reply = _reply_pipe()
    try:
        job: dict[str, Any] = pickle.load(sys.stdin.buffer)
    except (EOFError, pickle.UnpicklingError):  # the parent is gone before it sent all of it
        return 1
    finished = threading.Event()
    threading.Thread(target=_end_with_parent, args=(finished,), daemon=True).start()
    _keep_to(job["cores"])
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("bert4ner").setLevel(job["verbosity"])
    try:
        pickle.loads(job["task"]).run()
    except (Bert4NERError, OSError) as error:
        print(in_words(error), file=reply, flush=True)
        return ERROR_EXIT
    finally:
        finished.set()  # before the reply pipe closes, which the parent waits for
    return 0
