"""What the whole loop of a competition reaches on TCM: `examples/competition.py`, scored once on dev.json.

    python benchmarks/whole_loop.py [--data ../shared/data] -- --pretrain 30 --heads crf w2ner --epochs 6

The loop learns from train.json and from the texts of test.json, and chooses everything out of fold. What follows `--`
is passed on to the script and names the row. Steps that are complete are not repeated.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from figures import keep_rows
from rescoring import on_dev

import bert4ner

ROOT = Path(__file__).resolve().parent.parent
BEST = re.compile(r"best: (.+), out-of-fold F1 (0\.\d+)")


def run_loop(data: Path, work: Path, passed_on: list[str]) -> tuple[Path, float]:
    """Run the script, show what it prints; the run that it chose, and its out-of-fold F1.

    Raises:
        SystemExit: the script failed, or printed no such line.
    """
    script = [sys.executable, "-u", str(ROOT / "examples/competition.py"), str(data / "tcm/train.json")]
    command = [*script, str(data / "tcm/test.json"), "--output", str(work), *passed_on]
    best = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            best = BEST.match(line) or best
    if process.returncode or not best:
        sys.exit(f"{script[2]}: expected a line `best: RUN, out-of-fold F1 ...`, it ended with {process.returncode}")
    return Path(best[1]), float(best[2])


def main() -> None:
    """Run the loop, score what it chose on dev.json, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BERT4NER_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "whole-loop")
    parser.add_argument("passed_on", nargs="+", help="options of examples/competition.py, behind --")
    options = parser.parse_args()
    chosen, out_of_fold = run_loop(options.data, options.work, options.passed_on)
    gold = bert4ner.read_documents(options.data / "tcm/dev.json")
    figures = on_dev(chosen, gold, out_of_fold)
    row = f"`competition.py {' '.join(options.passed_on)}`, `{chosen.name}`"
    print(row, figures)
    keep_rows("combine", "loop", {row: figures}, others_stay=True)


if __name__ == "__main__":
    main()
