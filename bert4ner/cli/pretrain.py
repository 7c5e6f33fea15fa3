"""``bert4ner pretrain``: continues the pre-training of an encoder."""

import shlex
from pathlib import Path
from typing import Annotated

from bert4ner.options import describe
from bert4ner.pretraining.options import PretrainingOptions


def pretrain(
    texts: Annotated[
        tuple[Path, ...],
        describe("Files of text or documents in any format, or folders of them; .gz and .xz, too.", metavar="TEXTS"),
    ],
    *,
    output: Annotated[
        Path, describe("Folder for the encoder; the same command continues where it stopped.", metavar="DIR")
    ],
    options: PretrainingOptions = PretrainingOptions(),  # noqa: B008  (frozen)
) -> None:
    """Continue the pre-training of an encoder on unlabelled text, as a masked language model.

    The result is a pretrained folder like the original one, for --pretrained of train and crossval. Perplexity is
    measured on masked tokens of held-out documents, also before the training.

    If it is killed at any moment, the same command continues from the last report, with the same result.

    e.g.  bert4ner pretrain new.txt --pretrained tcm-mini --output runs/read
    """
    from bert4ner.pretraining.texts import find_files

    find_files(texts)
    from bert4ner.cli.printing import (
        notes_shown,
        print_note,
        print_table,
    )  # deferred: mistakes above need no TensorFlow
    from bert4ner.pretraining.pretrain import pretrain as continue_pretraining

    lines = continue_pretraining(texts, options, output=output)
    if not notes_shown():
        return
    names = [
        name for name in ("update", "epoch", "loss", "perplexity", "accuracy", "tokens_per_second") if name in lines[-1]
    ]
    rows = [[f"{line[name]:.5g}" if name in line else None for name in names] for line in lines]
    print_table(
        "Predictions of masked tokens in held-out documents", [name.replace("_", " ") for name in names], [rows]
    )
    print_note(f"encoder: {output}")
    print_note(f"next:    bert4ner train DATA --pretrained {shlex.quote(str(output))} --output RUN")
