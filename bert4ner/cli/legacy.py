"""``bert4ner legacy``: a script of TensorFlow 1 and Keras 2 times, unmodified, on today's TensorFlow."""

from pathlib import Path
from typing import Annotated

from bert4ner.options import describe

Script = Annotated[Path, describe("The script, run as python would run it.", metavar="SCRIPT")]
Arguments = Annotated[tuple[str, ...], describe("What the script finds in sys.argv.", metavar="ARGS")]


def legacy(script: Script, arguments: Arguments = ()) -> None:
    """Run a script written for TensorFlow 1 and Keras 2 (tf.placeholder, import keras, bert4keras) as it is.

    What cannot be supported is told with the script's line and what to write instead, exit code 2. docs/legacy.md has
    the table of names.

    e.g.  bert4ner legacy task_sequence_labeling_ner_crf.py
    """
    from bert4ner.legacy.runner import run_script

    code = run_script(script, arguments)
    if code:
        raise SystemExit(code)
