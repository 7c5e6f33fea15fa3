"""A task for tests, which a worker can import: it does what a line of Python says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.train.tasks import Task

NAMES = """
import logging, os, signal, sys, time
from bert4ner.errors import RunError
"""


@dataclass(frozen=True)
class Scripted(Task):
    """Runs `body`, which finds itself as `task`."""

    folder: Path
    body: str
    given: Any = None
    title: str = "to be run"

    def run(self) -> None:
        exec(NAMES + self.body, {"task": self})
