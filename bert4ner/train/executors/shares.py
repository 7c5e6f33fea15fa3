"""Gives each of several parallel tasks on one machine its share: processor cores and a GPU.

The results must not depend on the number of parallel tasks. On a CPU they depend on the number of threads for one
operation (a long sum is split into that many parts), not on the number of cores that run these threads. So every task
has the same number of threads as a single one, on fewer cores.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Share:
    """What one of several parallel tasks may use."""

    cores: tuple[int, ...] = ()
    """Numbers of the processor cores; empty means all."""
    environment: dict[str, str] = field(default_factory=dict)
    """Additional environment variables of its process."""


def shares(jobs: int, gpus: Sequence[str]) -> list[Share]:
    """The shares of a number of parallel tasks.

    Args:
        jobs: number of tasks at a time.
        gpus: names as in CUDA_VISIBLE_DEVICES; each task gets one GPU; with too few GPUs, several tasks share one.
    """
    cores = available_cores()
    found = []
    for job in range(jobs):
        environment = _threads(len(cores)) if jobs > 1 else {}
        if gpus:
            environment["CUDA_VISIBLE_DEVICES"] = gpus[job % len(gpus)]
        if jobs > len(gpus) > 0:  # otherwise the first would take all of the memory
            environment["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
        found.append(Share(_part(cores, job, jobs) if jobs > 1 else (), environment))
    return found


def available_cores() -> tuple[int, ...]:
    """The numbers of the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))  # macOS, Windows: the system assigns them


def visible_gpus(count: int) -> list[str]:
    """The names for CUDA_VISIBLE_DEVICES of the `count` GPUs that this process sees."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [str(number) for number in range(count)] if named is None else named.split(",")
    return names[:count]


def _threads(cores: int) -> dict[str, str]:
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return {name: os.environ.get(name, str(cores)) for name in names}


def _part(cores: tuple[int, ...], job: int, jobs: int) -> tuple[int, ...]:
    """Every job has its own core, as long as there are enough."""
    return cores[job % len(cores) :: jobs]
