"""Tasks in this process, one after the other: for callbacks that cannot be pickled, for notebooks and debuggers."""

import logging
from collections.abc import Generator, Sequence
from typing import Any, final

from bert4ner.errors import Bert4NERError, ConfigError, RunError
from bert4ner.train.executors.base import Executor
from bert4ner.train.tasks import Task

logger = logging.getLogger(__name__)


@final
class InProcessExecutor(Executor):
    """Runs tasks in this process. What they use of memory stays with it, and if it is killed, they are.

    Raises:
        ConfigError: more than one job.
    """

    def __init__(self, jobs: int = 1):
        super().__init__(jobs)
        if jobs > 1:
            raise ConfigError(f"the executor in_process runs one task at a time, got jobs={jobs}; use 'local'")

    def check(self, callbacks: Sequence[Any]) -> None:
        """Whatever they are, they are where they are needed."""

    def run(self, tasks: Sequence[Task]) -> Generator[Task, None, None]:
        """Runs one task after the other; a RunError names the task that failed."""
        for task in tasks:
            logger.info("%s", task.title)
            try:
                task.run()
            except (Bert4NERError, OSError) as error:
                raise RunError(f"{task.name}: {error}") from error
            yield task
