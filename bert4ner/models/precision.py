"""The arithmetic of the encoder: how `auto` chooses it, and the Keras policy while a network is built."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bert4ner.backend.frameworks import keras, tf

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
_AMPERE = (8, 0)  # the first compute capability whose tensor cores multiply bfloat16


def resolve_precision(precision: str) -> str:
    """Resolve `auto`: bfloat16 if every GPU, or the CPU without a GPU, multiplies it in hardware, else float32."""
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in gpus]
        fast = all(capability is not None and capability >= _AMPERE for capability in capabilities)
    else:
        fast = _cpu_multiplies_bfloat16()
    return "bfloat16" if fast else "float32"


def _cpu_multiplies_bfloat16() -> bool:
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:  # not Linux: unknown, so do not guess
        return False
    return bool(words & {"avx512_bf16", "amx_bf16"})


@contextmanager
def policy(precision: str) -> Iterator[None]:
    """Layers made while it is open compute in `precision` (float32, bfloat16 or float16) and keep float32 weights."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(_POLICIES[precision])
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
