"""Processes that answer calls: memory, start-up and cores of each are its own. Their side is `arms/worker.py`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parent


class Worker:
    """One arm in its process, which is ready when this returns; use as a context, which ends the process.

    Args:
        arm: the script of this name in `arms/`.
        task: what the arm is made from; any JSON.
        folder: receives the task as a file.
        name: of the file, and in messages; by default that of the arm.
        environment: variables beside those of this process.
        cores: those that the process may use; by default those of this process.

    Raises:
        SystemExit: the process ended, here or in a call, without an answer; what it said is on the screen.
    """

    def __init__(
        self,
        arm: str,
        task: dict[str, Any],
        folder: Path,
        name: str = "",
        *,
        environment: dict[str, str] | None = None,
        cores: Sequence[int] | None = None,
    ):
        self.name = name or arm
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name.replace(' ', '-')}.json"
        path.write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")
        imported = os.pathsep.join([str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])])
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, str(BENCHMARKS / "arms" / f"{arm}.py"), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": imported, **(environment or {})},
        )
        if cores is not None:
            os.sched_setaffinity(self.process.pid, cores)  # long before TensorFlow counts them
        self.peak_mib = 0.0
        self._answer()
        self.startup = time.perf_counter() - started

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: Any) -> None:
        if error[0] is not None:
            self.process.kill()
        self.process.communicate()

    def call(self, **request: Any) -> tuple[float, Any]:
        """Seconds the call took in the process, and its result."""
        print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = self._answer()
        return answer["seconds"], answer["result"]

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit(f"{self.name}: ended without an answer, exit status {self.process.wait()}")
        answer = json.loads(line)
        self.peak_mib = answer["peak_mib"]
        return answer
