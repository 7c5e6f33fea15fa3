"""Commands in processes of their own, for tests of what processes do to each other and of their limits."""

import os
import subprocess
import sys

PATIENCE = 300  # seconds
LIMITED = 'ulimit -f "$0" && exec "$@"'


def start(*arguments: object, kib: int | None = None) -> subprocess.Popen[str]:
    """Begin ``bert4ner ARGUMENTS``; with `kib` no file may become larger, as if the disk were full."""
    command = [sys.executable, "-m", "bert4ner", *map(str, arguments)]
    if kib is not None:
        command = ["bash", "-c", LIMITED, str(kib), *command]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def completed(*arguments: object, kib: int | None = None) -> tuple[int, str, str]:
    """The exit code of a command and what it printed, to both streams."""
    process = start(*arguments, kib=kib)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def refusal(*arguments: object, kib: int | None = None) -> str:
    """The last line of a command that must be refused in one line, after warnings."""
    code, out, err = completed(*arguments, "--quiet", kib=kib)
    *warnings, error = err.splitlines()
    assert (code, out) == (2, "") and error.startswith("bert4ner: error: "), (code, out, err)
    assert not [line for line in warnings if "rror" in line or "Traceback" in line], err
    return error.removeprefix("bert4ner: error: ")
