"""What a pretrained encoder can be named by: a folder, the bundled encoder, a name on the Hugging Face hub.

Looks for folders only: opens no file, asks no hub and loads no TensorFlow, so that a wrong name is refused at once.
"""

import difflib
import os
import re
from pathlib import Path

from bert4ner.bundled import ENCODER, or_bundled
from bert4ner.errors import CheckpointError

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def is_hub_name(given: str) -> bool:
    """Whether it can be a name on the hub, "owner/name"; it may still be an existing folder."""
    return _HUB_NAME.fullmatch(given) is not None


def named_folder(given: str | Path) -> Path | None:
    """The folder of a pretrained model; None if there is none and it can be a name on the hub.

    Raises:
        CheckpointError: there is no such folder, and it can be no name on the hub.

    Example:
        >>> named_folder("tcm-mini").name, named_folder("hfl/chinese-roberta-wwm-ext")
        ('tcm-mini', None)
    """
    folder = or_bundled(Path(given))
    if os.path.isdir(folder):  # of a name that no file can have, Path.is_dir raises an error
        return folder
    if is_hub_name(str(given)):
        return None
    if difflib.get_close_matches(folder.name.lower().replace("_", "-"), [ENCODER], cutoff=0.75):
        raise CheckpointError(f"{folder}: no such folder; did you mean {ENCODER}, the encoder that comes along?")
    raise CheckpointError(
        f"{folder}: no such folder; --pretrained takes one with a configuration (config.json), vocab.txt and "
        f"weights, the owner/name of one on the Hugging Face hub, as google-bert/bert-base-chinese, or {ENCODER}"
    )
