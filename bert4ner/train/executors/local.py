"""Runs tasks on this machine, several at the same time, each in its own process with a share of the machine."""

import queue
import threading
from collections.abc import Generator, Sequence
from typing import Any, final

from bert4ner.train.executors.base import Executor
from bert4ner.train.executors.pickling import check_callbacks
from bert4ner.train.executors.shares import shares, visible_gpus
from bert4ner.train.tasks import Task
from bert4ner.train.worker import Worker

Ended = tuple[Task, BaseException | None]
"""A task, and its error if it failed."""


@final
class LocalExecutor(Executor):
    """Runs tasks in processes of their own: their memory returns to the system, and they end with this process.

    Parallel tasks share the cores and the GPUs, one GPU for each task. Memory is not shared: each task needs as much as
    a single one; if the system kills one for lack of memory, the error says so. Log lines begin with the task's name.

    Args:
        jobs: number of tasks that may run at a time.

    Example:
        >>> import bert4ner
        >>> bert4ner.LocalExecutor(jobs=2).jobs  # for `executor` of `cross_validate`
        2
    """

    def check(self, callbacks: Sequence[Any]) -> None:
        """Refuses callbacks that cannot be pickled for another process."""
        check_callbacks(callbacks)

    def run(self, tasks: Sequence[Task]) -> Generator[Task, None, None]:
        """Runs `jobs` tasks at a time and yields each as it ends."""
        jobs = min(self.jobs, len(tasks))
        waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        for task in tasks:
            waiting.put(task)
        workers = [Worker(share, prefixed=jobs > 1) for share in shares(jobs, _gpus())]
        threads = [threading.Thread(target=_work, args=(worker, waiting, ended), daemon=True) for worker in workers]
        try:
            for thread in threads:
                thread.start()
            for _ in tasks:
                task, error = ended.get()
                if error is not None:
                    raise error
                yield task
        finally:  # after an error, Ctrl-C, or when the caller stops iterating
            for worker in workers:
                worker.stop()
            for thread in threads:
                if thread.ident is not None:  # it was started
                    thread.join()


def _work(worker: Worker, waiting: "queue.SimpleQueue[Task]", ended: "queue.SimpleQueue[Ended]") -> None:
    """Run one task after the other until none waits or one fails."""
    while True:
        try:
            task = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            worker.run(task)
        except BaseException as error:  # any error must reach the waiting thread
            ended.put((task, error))
            return
        ended.put((task, None))


def _gpus() -> list[str]:
    """The GPUs that tasks may use; a single GPU is shared by all tasks, which take memory as they need it."""
    from bert4ner.backend.devices import gpu_count  # deferred: it loads TensorFlow

    return visible_gpus(gpu_count())
