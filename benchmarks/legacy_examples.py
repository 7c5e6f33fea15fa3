"""bert4keras' own examples under `bert4ner legacy`: which run to the end, which are refused, and with what line?

    python benchmarks/legacy_examples.py FOLDER [--only 'task_*'] [--work DIR] [--seconds 900]

FOLDER holds the scripts, in `examples/` and `pretraining/` as in bert4keras' repository; none of them is in this one.
They read tiny random checkpoints and made-up data (`legacy_inputs.py`). A copy of each script runs whose paths and
numbers of epochs, steps and workers (`LIMITS`) and one rate (`LEAST`) are replaced, nothing else. What a script imports
beside Keras must be installed: rouge, nltk, sentencepiece, opencv-python-headless, pandas, sympy, cchess, bottle,
paste, jieba_fast.

With `--work`, DIR/rows.json keeps the row of each script as it ends: a second call runs those that have none, or those
that `--only` names anew. The table keeps the rows of scripts that did not run now.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from figures import keep_rows
from legacy_inputs import link_checkpoints, make_inputs

HERE = Path(__file__).resolve().parent
LEGACY = [sys.executable, "-m", "bert4ner", "legacy"]
LIMITS = {
    "batch_size": 64,
    "converged_steps": 10,
    "epochs": 1,
    "num_train_steps": 1,
    "steps": 20,
    "steps_per_epoch": 2,
    "workers": 2,
}
"""Numbers that a script assigns or hands over under these names, and how large they may be here."""
LEAST = {"learing_rate": 0.05}
"""How large they must be: the rate of a pretrained network of 768 units teaches a random one of 16 nothing in an epoch,
and the word segmenter takes for granted that some word begins after [CLS]. (The example spells it so.)"""
PLACES = {"/root/": "root/", "/home/": "home/", "gs://xxxx/bert4keras/corpus/": "corpus_tfrecord/", "gs://": "gs/"}
"""Beginnings of paths, and what they stand for in the folder where everything is made."""
ADDRESSES = ("grpc://",)
"""Of machines that nobody here has: the script's own word for "none" is None."""
SERVICES = {
    "basic_simple_web_serving_simbert.py": f"http://127.0.0.1:8864/gen_synonyms?text={quote('苹果多少钱一斤')}&n=4&k=2"
}
"""Scripts that serve until they are stopped: they are stopped when they have answered."""
ENDED, REFUSED, FAILED, LATE = "ran to the end", "refused", "failed", "time limit"
REFUSAL = 2  # exit code of `bert4ner legacy` for what does not exist any more


@dataclass(frozen=True)
class Outcome:
    """How a script ended, after how many seconds, and where it did not end well the last line that it printed.

    Of an error that line begins with the place in the script: `script.py:12: IndexError: …`.
    """

    result: str
    seconds: float
    line: str = ""


def replaced(source: str, folder: Path) -> str:
    """A script with its paths below `folder` and small numbers of epochs and steps; all else stays as it is."""
    lines = source.encode().splitlines(keepends=True)
    for node, value in sorted(_replacements(ast.parse(source), folder), key=lambda each: _place(each[0]), reverse=True):
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + repr(value).encode() + line[node.end_col_offset :]
    return b"".join(lines).decode()


def _place(node: ast.Constant) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _replacements(tree: ast.Module, folder: Path) -> Iterator[tuple[ast.Constant, str | float | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.lineno == node.end_lineno:
            text = node.value
            beginning = next((each for each in PLACES if text.startswith(each)), None)
            if beginning is not None:
                yield node, str(folder / PLACES[beginning]) + "/" + text.removeprefix(beginning)
            elif text.startswith(ADDRESSES):
                yield node, None
        for name, value in _named(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
                wanted = min(value.value, LIMITS.get(name, value.value))
                wanted = max(wanted, LEAST.get(name, wanted))
                if wanted != value.value:
                    yield value, wanted


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What is given under a name: `epochs = 10`, `fit(epochs=10)`, `a, b = 1, 2` not."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        yield node.targets[0].id, node.value
    elif isinstance(node, ast.Call):
        yield from ((each.arg, each.value) for each in node.keywords if each.arg)


def run_examples(
    scripts: list[Path], work: Path, seconds: float, done: Container[str] = ()
) -> Iterator[tuple[str, Outcome]]:
    """Run scripts one after the other but those `done`, those that another imports from before it: they sort before."""
    beside = {script.stem: script for script in scripts}
    for script in scripts:
        if name_of(script) in done:
            continue
        needed = [name for name in _imported(script) if name in beside]
        run = work / "runs" / (needed or [script.stem])[0] / script.parent.name
        run.mkdir(parents=True, exist_ok=True)
        for each in (script, *(beside[name] for name in needed)):
            (run / each.name).write_text(replaced(each.read_text(encoding="utf-8"), work), encoding="utf-8")
        for link in (run / "datasets", run.parent / "corpus_tfrecord"):
            (work / link.name).mkdir(exist_ok=True)
            if not link.exists():
                link.symlink_to(work / link.name)
        yield name_of(script), run_script(run / script.name, work, seconds)


def name_of(script: Path) -> str:
    """What the script is called in the table: its folder and its name."""
    return f"{script.parent.name}/{script.name}"


def _imported(script: Path) -> list[str]:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    return [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]


def version_of(script: Path) -> str:
    """Git's name of the file, which says which version of the repository it is from."""
    content = script.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()[:10]


def run_script(script: Path, home: Path, seconds: float) -> Outcome:
    """`bert4ner legacy SCRIPT` in the script's folder, with `home`/root as the user's folder."""
    started = time.monotonic()
    output = script.with_suffix(".log")
    with output.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*LEGACY, script.name],
            cwd=script.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(home / "root"), "PYTHONWARNINGS": "ignore"},
            start_new_session=True,
        )
        code = _ended(process, SERVICES.get(script.name), started + seconds)
    printed = [
        line.strip() for line in output.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
    ]
    result = {None: LATE, 0: ENDED, REFUSAL: REFUSED}.get(code, FAILED)
    line = "" if code == 0 else (printed or [""])[-1]
    return Outcome(result, time.monotonic() - started, _place_of(script, printed) + line if result == FAILED else line)


def _place_of(script: Path, printed: Sequence[str]) -> str:
    """`script.py:12: `, the innermost line of the script in a traceback; nothing without one."""
    found = [re.match(rf'File ".*{re.escape(script.name)}", line (\d+)', line) for line in printed]
    numbers = [each[1] for each in found if each]
    return f"{script.name}:{numbers[-1]}: " if numbers else ""


def _ended(process: subprocess.Popen[bytes], service: str | None, until: float) -> int | None:
    """The exit code, 0 for a service that has answered, None for what had to be stopped."""
    while process.poll() is None:
        if time.monotonic() > until:
            _stop(process)
            return None
        if service is not None and _answers(service):
            _stop(process)
            return 0
        time.sleep(0.2)
    return process.returncode


def _answers(service: str) -> bool:
    try:
        with urllib.request.urlopen(service, timeout=60) as answer:
            return b'"code": 0' in answer.read()
    except (urllib.error.URLError, OSError):
        return False  # it does not listen yet


def _stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, 9)  # the session that was started for it, worker processes included
    process.wait()


def prepare(work: Path) -> None:
    """Data and checkpoints; minutes on a slow machine, as networks of up to twelve layers are built."""
    make_inputs(work)
    script = HERE / "legacy_networks.py"
    subprocess.run([*LEGACY, script, work / "networks"], check=True)
    link_checkpoints(work)
    models = work / "root/.keras/models"
    models.mkdir(parents=True, exist_ok=True)
    for weights in (work / "networks").glob("*.h5"):
        weights.rename(models / weights.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds examples/ and pretraining/")
    parser.add_argument("--only", default="*", help="a pattern of names: these run, whether they have a row or not")
    parser.add_argument(
        "--work", type=Path, help="where inputs, outputs and rows go, and stay; a temporary folder by default"
    )
    parser.add_argument("--seconds", type=float, default=900, help="time limit of a script")
    options = parser.parse_args()
    scripts = sorted(options.folder.resolve().glob("*/*.py"))
    with tempfile.TemporaryDirectory() as made:
        work = (options.work or Path(made)).resolve()
        if not (work / "networks").is_dir():
            prepare(work)
        before = rows_in(work)
        rows = run_rows(scripts, work, options.only, options.seconds)
    ended = sum(row["result"] == ENDED for row in rows.values())
    print(f"{ended} of {len(rows)} ran to the end")
    new = {name: row for name, row in sorted(rows.items()) if row != before.get(name)}
    keep_rows("legacy_examples", "examples", new, others_stay=True)


def rows_in(work: Path) -> dict[str, dict[str, Any]]:
    """The rows of the scripts that ran in a folder."""
    kept = work / "rows.json"
    rows: dict[str, dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    return rows


def run_rows(scripts: list[Path], work: Path, only: str, seconds: float) -> dict[str, dict[str, Any]]:
    """The rows of all scripts that ran so far; those are run that have none, or those that `only` names."""
    kept, rows = work / "rows.json", rows_in(work)
    versions = {name_of(script): version_of(script) for script in scripts}
    done = rows.keys() if only == "*" else {name_of(script) for script in scripts if not script.match(only)}
    for name, outcome in run_examples(scripts, work, seconds, frozenset(done)):
        line = _without(outcome.line, work)
        row = {"result": outcome.result, "seconds": round(outcome.seconds, 1), "line": line}
        rows[name] = row | {"version": versions[name]}
        kept.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
        print(f"{name}: {outcome.result}, {outcome.seconds:.0f} s {line}", flush=True)
    return rows


def _without(line: str, work: Path) -> str:
    return line.replace(f"{work}/", "")[:300]


if __name__ == "__main__":
    main()
