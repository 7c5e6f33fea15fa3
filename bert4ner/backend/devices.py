"""A GPU that the machine has and TensorFlow does not use: training goes on without it, many times as slowly."""

import os
import shutil

from bert4ner.backend.frameworks import tf


def gpu_count() -> int:
    """How many GPUs TensorFlow sees."""
    return len(tf.config.list_physical_devices("GPU"))


def unused_gpu() -> str | None:
    """What to do if NVIDIA's driver is here but TensorFlow sees no GPU.

    None if it sees one, there is none, or it was hidden by an empty CUDA_VISIBLE_DEVICES (or -1).
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all") in ("", "-1")
    if hidden or shutil.which("nvidia-smi") is None or tf.config.list_physical_devices("GPU"):
        return None
    return "TensorFlow sees no GPU, but NVIDIA's driver is here; pip install 'tensorflow[and-cuda]'"
