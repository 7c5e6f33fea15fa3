"""Cross-validation, killed at random moments and run again until it is complete: `make kills`.

Each attempt is the command `bert4ner crossval` on a part of the bundled sample (2 folds, 3 epochs). A killed run is
taken up again, and killed again, until an attempt lives to its end. Then its scores, predictions, weights and histories
must equal those of a run that nobody disturbed, and no other file may be there. The kinds of ends:

    group    SIGKILL to all its processes        signals  SIGTERM to the command, or SIGINT to all, as Ctrl-C does
    worker   SIGKILL to the process that trains  parent   SIGKILL to the command: the worker must end within 2 seconds

Half of the moments are spread evenly over the time that an attempt takes; the others follow the n-th writing of a file,
where little would be hit by chance.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = 24
OPTIONS = (
    *("--pretrained", "tcm-mini", "--folds", "2", "--epochs", "3", "--max-length", "64"),
    *("--batch-tokens", "512", "--precision", "float32"),
)
KINDS = ("group", "signals", "worker", "parent")
TIMES = ("seconds", "evaluation_seconds", "tokens_per_second")
SAME = ("out_of_fold.jsonl", "scores.json", "folds.json", "labels.txt", "config.toml")
WORKER_ENDS_WITHIN = 2.0
ENDS_WITHIN = 60.0
"""Seconds that a command may take to end by itself, after a signal that it may handle."""
ATTEMPT = 600.0


def content(run: Path) -> list[str]:
    """The names of all files and folders in a run."""
    return sorted(path.relative_to(run).as_posix() for path in run.rglob("*"))


def history(path: Path) -> list[dict[str, object]]:
    """The lines of a history.jsonl without what a clock says."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in line.items() if name not in TIMES} for line in lines]


def differences(run: Path, expected: Path) -> list[str]:
    """In what a run differs from another one of the same documents and options, times aside."""
    here, there = content(run), content(expected)
    found = [f"{name} is left over" for name in here if name not in there]
    found += [f"{name} is missing" for name in there if name not in here]
    for name in (each for each in there if each in here):
        if name.endswith(".safetensors"):
            mine, other = load_file(run / name), load_file(expected / name)
            same = mine.keys() == other.keys() and all((mine[key] == other[key]).all() for key in other)
        elif name.endswith("history.jsonl"):
            same = history(run / name) == history(expected / name)
        elif name in SAME or name.endswith("predictions.jsonl"):
            same = (run / name).read_bytes() == (expected / name).read_bytes()
        else:
            continue
        found += [] if same else [f"{name} differs"]
    return found


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text(encoding="utf-8").rpartition(") ")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process still runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@dataclass
class Kills:
    """Attempts at one run after another, and what came of them."""

    folder: Path
    rng: random.Random
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    """How many attempts were ended in each state of the run: by the number of epochs that were complete."""
    slowest_worker: float = 0.0
    attempt: float = 0.0
    """Seconds that the undisturbed run took."""

    @property
    def expected(self) -> Path:
        """The undisturbed run."""
        return self.folder / "undisturbed"

    def prepare(self) -> None:
        """Write the documents, and make the undisturbed run."""
        lines = (ROOT / "examples/data/leaflets.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (self.folder / "documents.jsonl").write_text("".join(lines[:DOCUMENTS]), encoding="utf-8")
        began = time.monotonic()
        with self.started(self.expected) as process:
            _, err = process.communicate(timeout=ATTEMPT)
        self.attempt = time.monotonic() - began
        if process.returncode:
            raise SystemExit(f"the undisturbed run failed: {err}")

    @contextlib.contextmanager
    def started(self, run: Path) -> Iterator["subprocess.Popen[str]"]:
        """The command in a session of its own; all its processes have ended afterwards."""
        command = [sys.executable, "-m", "bert4ner", "crossval", "documents.jsonl", *OPTIONS, "--output", str(run)]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def end(self, kind: str, number: int) -> None:
        """End attempts at one run so many times, and let the last one complete it."""
        run = self.folder / f"{kind}-{number}"
        while self.counts[kind] < number:
            with self.started(run) as process:
                if self.wait(process, run):
                    self.strike(kind, process, run)
                    print(f"{kind}: {self.counts[kind]} of {number}", end="\r", flush=True)
                else:
                    self.completed(process, run)
        with self.started(run) as process:
            self.completed(process, run)

    def wait(self, process: "subprocess.Popen[str]", run: Path) -> bool:
        """Wait for the moment to end an attempt; False if it has ended by itself before."""
        deadline = time.monotonic() + self.rng.uniform(0, 1.1 * self.attempt)
        writings = self.rng.randrange(1, 40) if self.rng.random() < 0.5 else None
        later = self.rng.uniform(0, 0.02)
        seen: set[tuple[str, int]] = set()
        while process.poll() is None:
            if writings is None and time.monotonic() >= deadline:
                return True
            if writings is not None:
                with contextlib.suppress(OSError):  # files come and go
                    seen |= {(str(path), path.stat().st_ino) for path in run.rglob("*") if path.is_file()}
                if len(seen) >= writings:
                    time.sleep(later)
                    return process.poll() is None
            time.sleep(0.001 if writings else 0.02)
        return False

    def strike(self, kind: str, process: "subprocess.Popen[str]", run: Path) -> None:
        """End an attempt, and check what must hold at once."""
        workers = children(process.pid)
        if kind in ("worker", "parent") and not workers:
            return  # none at work at this moment; another one will do
        self.counts[kind] += 1
        self.places[f"{self.epochs(run)} epochs"] += 1
        if kind == "group":
            os.killpg(process.pid, signal.SIGKILL)
        elif kind == "signals" and self.rng.random() < 0.5:
            os.killpg(process.pid, signal.SIGINT)
        elif kind == "signals":
            process.send_signal(signal.SIGTERM)
        elif kind == "parent":
            process.send_signal(signal.SIGKILL)
        else:
            os.kill(self.rng.choice(workers), signal.SIGKILL)
        began = time.monotonic()
        while any(map(alive, workers)) and time.monotonic() - began < ENDS_WITHIN:
            time.sleep(0.005)
        took = time.monotonic() - began
        self.slowest_worker = max(self.slowest_worker, took)
        if took > WORKER_ENDS_WITHIN and kind != "worker":
            self.problems.append(f"{kind} {self.counts[kind]}: a worker ended only after {took:.1f} s")
        self.check_end(kind, process, run)

    def check_end(self, kind: str, process: "subprocess.Popen[str]", run: Path) -> None:
        """The command ends by itself, not as if all were well, unless the run was complete, and shows no traceback.

        Python itself shows one, with frames of its own only, if Ctrl-C comes before any other code has begun.
        """
        try:
            _, err = process.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.problems.append(f"{kind} {self.counts[kind]}: did not end within {ENDS_WITHIN:.0f} s")
            return
        if process.returncode == 0:  # it was faster than its end
            lacks = differences(run, self.expected)
            self.problems += [f"{kind} {self.counts[kind]}: ended with 0, but {each}" for each in lacks]
        if "Traceback" in err and not all(map(is_of_python, re.findall(r'File "([^"]+)"', err))):
            self.problems.append(f"{kind} {self.counts[kind]}: {err[-600:]}")
        if kind == "worker" and (process.returncode != 2 or "was killed" not in err):
            self.problems.append(f"worker {self.counts[kind]}: ended with {process.returncode}: {err[-300:]}")

    def epochs(self, run: Path) -> int:
        """Epochs in the histories of a run."""
        return sum(path.read_bytes().count(b"\n") for path in run.glob("fold-*/history.jsonl"))

    def completed(self, process: "subprocess.Popen[str]", run: Path) -> None:
        """Compare a run that came to its end with the undisturbed one, and begin anew."""
        _, err = process.communicate(timeout=ATTEMPT)
        if process.returncode:
            self.problems.append(f"{run.name}: ended with {process.returncode}: {err[-600:]}")
        else:
            self.counts["complete"] += 1
            self.problems += [f"{run.name}: {each}" for each in differences(run, self.expected)]
        if self.problems:
            kept = run.with_name(f"{run.name}-kept-{len(self.problems)}")
            shutil.copytree(run, kept, dirs_exist_ok=True)
        shutil.rmtree(run, ignore_errors=True)


def is_of_python(file: str) -> bool:
    """Whether the file of a frame belongs to Python itself; installed packages do not."""
    return file.startswith(("<frozen ", sysconfig.get_path("stdlib"))) and "site-packages" not in file


def main() -> int:
    """Run it, say what was found, and give 1 for problems."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind, number in zip(KINDS, (100, 20, 10, 10), strict=True):
        parser.add_argument(f"--{kind}", type=int, default=number, help="how many ends of this kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    kills = Kills(folder, random.Random(options.seed))
    kills.prepare()
    print(f"the undisturbed run took {kills.attempt:.1f} s", flush=True)
    for kind in KINDS:
        if number := getattr(options, kind):
            kills.end(kind, number)
            print(f"{kind}: {kills.counts[kind]} ends, {len(kills.problems)} problems", flush=True)
    for problem in kills.problems:
        print(problem)
    places = ", ".join(f"{count} after {place}" for place, count in sorted(kills.places.items()))
    print(
        f"{sum(kills.counts[kind] for kind in KINDS)} ends in {time.monotonic() - began:.0f} s (seed {options.seed}): "
        f"{kills.counts['complete']} runs completed, each compared with the undisturbed one; {places}; "
        f"the slowest worker ended after {kills.slowest_worker:.2f} s; {len(kills.problems)} problems"
    )
    if kills.problems:
        print(f"the runs are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return bool(kills.problems)


if __name__ == "__main__":
    sys.exit(main())
