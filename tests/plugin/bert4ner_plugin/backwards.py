"""An executor: tasks in this process, the last one first. What they leave behind does not depend on it."""

from collections.abc import Iterator, Sequence
from typing import Any, final

from bert4ner.errors import Bert4NERError, RunError
from bert4ner.train.executors.base import Executor
from bert4ner.train.tasks import Task


@final
class BackwardsExecutor(Executor):
    """Runs tasks one after the other, from the last to the first, whatever `jobs` is."""

    def check(self, callbacks: Sequence[Any]) -> None:
        """They are in the same process, whatever they are."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Task]:
        """Run tasks; yields each that is complete.

        Raises:
            RunError: a task failed.
        """
        for task in reversed(tasks):
            try:
                task.run()
            except Bert4NERError as error:
                raise RunError(f"{task.name}: {error}") from error
            yield task
