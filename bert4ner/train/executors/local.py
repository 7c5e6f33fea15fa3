"""Tasks on this machine, some at a time, each in a process of its own with its share of it."""

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
"""A task, and why it failed, if it did."""


@final
class LocalExecutor(Executor):
    """Runs tasks in processes of their own: their memory returns to the system, and they end with this one.

    Several at a time share out the cores and the GPUs, one GPU for each task. Memory is not shared out: each needs what
    it needs alone, and one that the system kills for want of it is told so. What they log has the task's name in front.

    Args:
        jobs: how many tasks may run at a time.

    Example:
        >>> import bert4ner
        >>> bert4ner.LocalExecutor(jobs=2).jobs  # for `executor` of `cross_validate`
        2
    """

    def check(self, callbacks: Sequence[Any]) -> None:
        """Refuses callbacks that cannot be pickled for another process."""
        check_callbacks(callbacks)

    def run(self, tasks: Sequence[Task]) -> Generator[Task, None, None]:
        """Runs `jobs` tasks at a time, and gives each as it ends."""
        jobs = min(self.jobs, len(tasks))
        waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        for task in tasks:
            waiting.put(task)
        workers = [Worker(share, told_apart=jobs > 1) for share in shares(jobs, _gpus())]
        threads = [threading.Thread(target=_work, args=(worker, waiting, ended), daemon=True) for worker in workers]
        try:
            for thread in threads:
                thread.start()
            for _ in tasks:
                task, error = ended.get()
                if error is not None:
                    raise error
                yield task
        finally:  # after an error, Ctrl-C, or when the caller has seen enough
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
        except BaseException as error:  # whatever it is, the thread that waits is to know
            ended.put((task, error))
            return
        ended.put((task, None))


def _gpus() -> list[str]:
    """The GPUs that tasks may use; if there is a single one, all tasks share it, its memory taken as it is needed."""
    from bert4ner.backend.devices import gpu_count  # deferred: it loads TensorFlow

    return visible_gpus(gpu_count())
