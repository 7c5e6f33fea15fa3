"""The loop of a process that answers calls: a JSON line asks, a JSON line answers.

Each arm of a benchmark lives in a process of its own, so that its memory and its start-up are its own; an arm that is
not asked sleeps in `readline` and takes no processor time from the one that is measured.
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


def answer_calls(make: Callable[[dict[str, Any]], Callable[[dict[str, Any]], Any]]) -> None:
    """Let `make` turn the task named on the command line into what answers calls, until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    with open(sys.argv[1], encoding="utf-8") as file:
        answering = make(json.load(file))

    def answer(**values: Any) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**values, "peak_mib": peak}), file=answers, flush=True)

    answer(ready=True)
    for line in sys.stdin:
        call = json.loads(line)
        started = time.perf_counter()
        result = answering(call)
        answer(seconds=time.perf_counter() - started, result=result)


def serve(make: Callable[[dict[str, Any]], Arm]) -> None:
    """Build the arm of the task, then let it train, predict, or measure the time of each single text."""

    def answering(task: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
        arm = make(task)
        named = ("dev", "short", "medium", "long")
        texts = {name: [each["text"] for each in task[name]] for name in named if name in task}

        def answer(call: dict[str, Any]) -> Any:
            if call["do"] == "train":
                return arm.train_epoch(call["epoch"])
            if call["do"] == "predict":
                return arm.predict(texts[call["texts"]][: call.get("number")])
            return _latencies(arm, texts["medium"][: call["number"]])

        return answer

    answer_calls(answering)


def _latencies(arm: Arm, texts: list[str]) -> list[float]:
    seconds = []
    for text in texts:
        started = time.perf_counter()
        arm.predict([text])
        seconds.append(time.perf_counter() - started)
    return seconds
