"""Each of several tasks on one machine gets its share: processor cores, and a GPU.

The results must not depend on how many run at a time. On a CPU they depend on the number of threads that share out one
operation (a long sum is cut into as many parts), not on the number of cores that these threads run on. So every task
has as many threads as if it were alone, on fewer cores.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Share:
    """What one of the tasks that run at the same time may use."""

    cores: tuple[int, ...] = ()
    """Numbers of the processor cores; none: all."""
    environment: dict[str, str] = field(default_factory=dict)
    """What its process has in its environment beside what this one has."""


def shares(jobs: int, gpus: Sequence[str]) -> list[Share]:
    """The shares of so many tasks at a time.

    Args:
        jobs: number of tasks at a time.
        gpus: as CUDA_VISIBLE_DEVICES names them; each task gets one, several tasks one together if there are too few.
    """
    cores = available_cores()
    found = []
    for job in range(jobs):
        environment = _threads(len(cores)) if jobs > 1 else {}
        if gpus:
            environment["CUDA_VISIBLE_DEVICES"] = gpus[job % len(gpus)]
        if jobs > len(gpus) > 0:  # else the first would take all of the memory
            environment["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
        found.append(Share(_part(cores, job, jobs) if jobs > 1 else (), environment))
    return found


def available_cores() -> tuple[int, ...]:
    """The numbers of the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))  # macOS, Windows: the system deals them out


def visible_gpus(count: int) -> list[str]:
    """The names that CUDA_VISIBLE_DEVICES has for the GPUs, `count` of which this process sees."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [str(number) for number in range(count)] if named is None else named.split(",")
    return names[:count]


def _threads(cores: int) -> dict[str, str]:
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return {name: os.environ.get(name, str(cores)) for name in names}


def _part(cores: tuple[int, ...], job: int, jobs: int) -> tuple[int, ...]:
    """Every job has a core of its own, as long as there are as many."""
    return cores[job % len(cores) :: jobs]
