"""A folder that was removed or renamed during a training ends it, and is not made anew."""

import pytest

from bert4ner.errors import RunError
from bert4ner.train.callbacks.presence import Presence


def test_a_folder_that_was_renamed_ends_the_training_and_is_not_made_anew(tmp_path):
    folder = tmp_path / "run/fold-0"
    presence = Presence(folder)
    presence.on_train_begin()
    presence.on_epoch_end(0)
    (tmp_path / "run").rename(tmp_path / "moved")
    with pytest.raises(RunError, match=rf"^{folder}: was removed or renamed during the training; move it back"):
        presence.on_epoch_end(1)
    assert [each.name for each in tmp_path.iterdir()] == ["moved"]
