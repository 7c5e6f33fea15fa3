"""Detect a GPU that TensorFlow does not use: training then runs on the CPU, many times slower."""

import os
import shutil

from bert4ner.backend.frameworks import tf


def gpu_count() -> int:
    """Number of GPUs that TensorFlow sees."""
    return len(tf.config.list_physical_devices("GPU"))


def unused_gpu() -> str | None:
    """Advice for a machine that has NVIDIA's driver although TensorFlow sees no GPU.

    None if TensorFlow sees a GPU, if the machine has none, or if CUDA_VISIBLE_DEVICES is empty or -1.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all") in ("", "-1")
    if hidden or shutil.which("nvidia-smi") is None or tf.config.list_physical_devices("GPU"):
        return None
    return "TensorFlow sees no GPU, but NVIDIA's driver is here; pip install 'tensorflow[and-cuda]'"
