"""Trainings measured in processes of their own, several at a time; each figure is kept at once, with its origin.

What stands in the file for the same configuration is not measured again, so that hours of it can be spread over days;
lines of older versions of the options count, if their migrations lead to the same.
"""

import argparse
import os
import queue
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from provenance import measured_now, read_lines, write_lines
from workers import Worker

from bert4ner.config import Config
from bert4ner.options.versions import FORMAT_KEY

PATHS = ("pretrained", "label_descriptions")


class Job(Protocol):
    """One thing to be measured."""

    @property
    def name(self) -> str:
        """For messages and files."""

    @property
    def key(self) -> dict[str, Any]:
        """What its figures are found by beside its configuration; any JSON."""

    def config(self) -> Config:
        """What is trained."""

    def task(self, options: argparse.Namespace) -> dict[str, Any]:
        """What its process is given."""


def measured_with(config: Config) -> dict[str, Any]:
    """All options by their names and the version of them, but for where files lie."""
    table = config.to_table()
    options = {name: value for name, value in config.options().items() if name not in PATHS}
    return {FORMAT_KEY: table[FORMAT_KEY], **options}


class Kept:
    """The figures of one file, a line each, with where they come from."""

    def __init__(self, path: Path | None):
        self.path = path  # None: nothing is kept
        self.lines: list[dict[str, Any]] = [] if path is None else read_lines(path)
        self.lock = threading.Lock()

    def lines_of(self, job: Job) -> list[dict[str, Any]]:
        """What was measured of a job in its present configuration, the latest last."""
        wanted, config = job.key, Config.restore(measured_with(job.config()))
        return [
            line
            for line in self.lines
            if {name: value for name, value in line["job"].items() if name != "config"} == wanted
            and Config.restore(line["job"]["config"]) == config
        ]

    def add(self, job: Job, figures: dict[str, Any]) -> None:
        """Keep figures, in memory and in the file."""
        line = {
            "job": {**job.key, "config": measured_with(job.config())},
            "figures": figures,
            "provenance": measured_now(figures),
        }
        with self.lock:
            if self.path is None:
                self.lines.append(line)
                return
            self.lines = [*read_lines(self.path), line]  # another process may have kept something meanwhile
            write_lines(self.path, self.lines)
            print("kept; `make numbers` renews docs/numbers.md", file=sys.stderr)

    def show(self) -> None:
        """Print what is kept in memory only, but not what is counted document by document."""
        for line in self.lines if self.path is None else ():
            figures = {name: value for name, value in line["figures"].items() if name != "counts"}
            print({name: value for name, value in line["job"].items() if name != "config"}, figures)


def worker(arm: str, job: Job, options: argparse.Namespace, cores: list[int] | None = None) -> Worker:
    """The process that measures a job."""
    print(job.name, file=sys.stderr)
    shared = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}  # there are others on the same GPU
    return Worker(arm, job.task(options), options.work / "tasks", job.name, environment=shared, cores=cores)


def run_jobs(arm: str, jobs: Sequence[Job], kept: Kept, options: argparse.Namespace) -> None:
    """Measure what is missing, `--jobs` at a time, each on an even part of the cores."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    available = sorted(os.sched_getaffinity(0))
    shares = [available[number :: options.jobs] for number in range(options.jobs)]

    def work(cores: list[int]) -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            with worker(arm, job, options, cores) as process:
                kept.add(job, process.call()[1])

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(work, shares))
