"""How long a call takes."""

import time
from collections.abc import Callable

import numpy as np


def median_seconds(call: Callable[[], object], *, calls: int, left_out: int = 1) -> float:
    """Median time of some calls, those before them left out: they trace, allocate and fill caches."""
    times = []
    for _ in range(left_out + calls):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return float(np.median(times[left_out:]))
