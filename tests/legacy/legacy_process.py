"""Runs scripts of `scripts` as users do: eager execution is off for a whole process, so each has its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = Path(__file__).resolve().parent / "scripts"


def run_legacy(
    script: str | Path, *arguments: Any, folder: Path | None = None, options: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """`bert4ner legacy OPTIONS SCRIPT ARGS`, from `folder`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TF_USE_LEGACY_KERAS", "TF_KERAS", "TF_CPP_MIN_LOG_LEVEL", "RECOMPUTE")
    }
    return subprocess.run(
        [sys.executable, "-m", "bert4ner", "legacy", *options, str(SCRIPTS / script), *map(str, arguments)],
        cwd=folder or ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**inherited, "PYTHONPATH": str(ROOT)},
    )
