"""``bert4ner legacy``: a script for TensorFlow 1 and Keras 2, unmodified, on today's TensorFlow."""

from pathlib import Path
from typing import Annotated

from bert4ner.options import describe

Script = Annotated[Path, describe("The script, run as python would run it.", metavar="SCRIPT")]
Arguments = Annotated[tuple[str, ...], describe("Arguments for the script's sys.argv.", metavar="ARGS")]
Version = Annotated[
    str | None,
    describe("What tf.__version__ says, 1.15.0 for example, to scripts that look; before SCRIPT.", metavar="VERSION"),
]


def legacy(script: Script, arguments: Arguments = (), *, tf1_version: Version = None) -> None:
    """Run a script written for TensorFlow 1 and Keras 2 (tf.placeholder, import keras, bert4keras) unmodified.

    A name that cannot be supported is reported with the script's line and its replacement, exit code 2. docs/legacy.md
    lists the names.

    e.g.  bert4ner legacy task_sequence_labeling_ner_crf.py
    """
    from bert4ner.legacy.runner import run_script

    code = run_script(script, arguments, tf1_version)
    if code:
        raise SystemExit(code)
