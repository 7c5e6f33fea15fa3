"""The loop of a process that holds one arm of the speed benchmark: a JSON line asks for a call, a JSON line answers.

Each arm lives in a process of its own, so that its memory and its start-up are its own; an arm that is not asked sleeps
in `readline` and takes no processor time from the one that is measured.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

Spans = list[tuple[int, int, str]]


class Arm(Protocol):
    """What every arm can do; all texts are those of the task, all spans are characters [start, end) and label."""

    def train_epoch(self, epoch: int) -> dict[str, int]:
        """Train one epoch; the real tokens learned and the tokens fed, padding counted."""

    def predict(self, texts: list[str]) -> list[Spans]:
        """The entities of texts of any length."""


def serve(make: Callable[[dict[str, Any]], Arm]) -> None:
    """Build the arm of the task named on the command line, then answer calls until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                                              # what libraries print is no answer
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    arm = make(task)
    texts = {name: [each["text"] for each in task[name]] for name in ("dev", "short", "medium", "long") if name in task}

    def answer(**values: Any) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**values, "peak_mib": peak}), file=answers, flush=True)

    answer(ready=True)
    for line in sys.stdin:
        call = json.loads(line)
        started = time.perf_counter()
        if call["do"] == "train":
            result: Any = arm.train_epoch(call["epoch"])
        elif call["do"] == "predict":
            result = arm.predict(texts[call["texts"]][: call.get("number")])
        else:
            result = _latencies(arm, texts["medium"][: call["number"]])
            started = time.perf_counter()
        answer(seconds=time.perf_counter() - started, result=result)


def _latencies(arm: Arm, texts: list[str]) -> list[float]:
    seconds = []
    for text in texts:
        started = time.perf_counter()
        arm.predict([text])
        seconds.append(time.perf_counter() - started)
    return seconds
