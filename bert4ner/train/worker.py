"""Run one task in a process of its own: memory returns to the system, and a killed parent takes its worker along.

`Worker.run` starts the process ``python -m bert4ner.train.worker`` and hands it everything through its standard input,
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
from typing import IO, Any, TextIO

import numpy  # noqa: F401  (it counts the cores when it is imported: before `_keep_to` takes some away)

from bert4ner.errors import Bert4NERError, RunError
from bert4ner.train.executors.shares import Share
from bert4ner.train.tasks import Task
from bert4ner.train.telling import console

logger = logging.getLogger(__name__)

ERROR_EXIT = 2  # an error for the caller: its one line went to the parent
COMMAND = [sys.executable, "-m", "bert4ner.train.worker"]


class Worker:
    """Runs tasks one after the other, each in a new process, until another thread stops it.

    Args:
        share: of the machine, what the process may use.
        told_apart: what the process prints or logs is printed line by line with the task's name in front; then it has
            no terminal, and shows no progress bars. Line by line too, where this process shows lines elsewhere than on
            its own standard error: in a notebook's cell, say.
    """

    def __init__(self, share: Share | None = None, *, told_apart: bool = False):
        self.share = share or Share()
        self.told_apart = told_apart
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, task: Task) -> None:
        """Run a task in a new process and wait for its end.

        Raises:
            RunError: the task failed; the message is the process's own. Or the worker was stopped.
        """
        with self._started(task) as process:
            assert process.stdin is not None and process.stdout is not None
            printing = self._print_lines(process.stderr, f"{task.name}: " if self.told_apart else "")
            with contextlib.suppress(BrokenPipeError):  # it died at its start and says why below
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
                f"{task.folder}: the training process {_ending(code)}; run the same command again, it goes on after "
                "the last completed epoch"
            )

    def stop(self) -> None:
        """End the process that runs, if any, and start no other; what it completed stays."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _started(self, task: Task) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._stopped:
                raise RunError(f"{task.name}: stopped before it began")
            logger.info("%s", task.title)
            stderr = subprocess.PIPE if self.told_apart or not _is_stderr(console()) else None
            environment = {**_environment(), **self.share.environment}
            if stderr is not None:  # a notebook sets it, and bars would come as lines and lines of signs
                environment.pop("FORCE_COLOR", None)
            self._process = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=environment
            )
            return self._process

    def _job(self, task: Task) -> bytes:
        verbosity = logging.getLogger("bert4ner").getEffectiveLevel()
        # The task in a pickle of its own: what its modules do at import happens on the cores of the process's share.
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


def _is_stderr(stream: Any) -> bool:  # whatever stands in the place of a file
    """Whether a stream ends where a child's standard error would."""
    try:
        return bool(stream.fileno() == 2)
    except (AttributeError, OSError, ValueError):  # none, closed, or none of the system's
        return False


def _environment() -> dict[str, str]:
    """The worker finds the modules that this process finds, and none in the current folder that this one does not."""
    paths = [str(path) or os.getcwd() for path in sys.path]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONSAFEPATH": "1",
        "TF_USE_LEGACY_KERAS": "1",  # a module with somebody's callbacks may import TensorFlow before we do
    }


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}, its own message is above"
    if -code == signal.SIGKILL:
        return "was killed, perhaps for memory: lower --batch-tokens or --jobs"
    return f"was ended by {signal.Signals(-code).name}, its own message, if any, is above"


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


def _keep_to(cores: tuple[int, ...]) -> None:
    """Use some of the processor cores only; none named are all."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def main() -> int:
    """Read a job from standard input and do it; the exit code says how it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and that ends this process
    reply = _reply_pipe()
    job: dict[str, Any] = pickle.load(sys.stdin.buffer)
    finished = threading.Event()
    threading.Thread(target=_end_with_parent, args=(finished,), daemon=True).start()
    _keep_to(job["cores"])
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("bert4ner").setLevel(job["verbosity"])
    try:
        pickle.loads(job["task"]).run()
    except (Bert4NERError, OSError) as error:
        print(error, file=reply, flush=True)
        return ERROR_EXIT
    finally:
        finished.set()  # before the reply pipe closes, which the parent waits for
    return 0


if __name__ == "__main__":
    sys.exit(main())
