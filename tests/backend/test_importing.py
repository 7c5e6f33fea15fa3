"""What TensorFlow writes as it starts is shown where its import fails, and dropped where a user interrupts it."""

import os
import sys

import pytest

from bert4ner.backend.importing import native_log_held_back


@pytest.mark.parametrize(("error", "shown"), [(ImportError, "banner"), (KeyboardInterrupt, ""), (SystemExit, "")])
def test_the_log_of_a_start_is_shown_only_if_it_fails(error, shown, monkeypatch, capfd):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    with pytest.raises(error), native_log_held_back():
        os.write(2, b"banner")
        raise error
    assert capfd.readouterr().err == shown
