"""A GPU that exists but is not used is reported, one that is used or hidden is not."""

import pytest

from bert4ner.backend import devices


@pytest.mark.parametrize(
    ("driver", "seen", "visible", "reported"),
    [
        (True, False, None, True),
        (True, False, "0", True),
        (True, True, None, False),
        (False, False, None, False),
        (True, False, "", False),  # hidden on purpose
        (True, False, "-1", False),
    ],
)
def test_a_gpu_that_is_not_used_is_reported(monkeypatch, tmp_path, driver, seen, visible, reported):
    if driver:
        (tmp_path / "nvidia-smi").write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(devices.tf.config, "list_physical_devices", lambda kind: ["GPU:0"] if seen else [])
    sentence = devices.unused_gpu()
    assert (sentence is not None) == reported
    assert not reported or "pip install 'tensorflow[and-cuda]'" in sentence
