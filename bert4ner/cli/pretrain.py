"""``bert4ner pretrain``: an encoder that has read unlabelled text."""

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
        Path, describe("Folder for the encoder; the same command goes on where it stopped.", metavar="DIR")
    ],
    options: PretrainingOptions = PretrainingOptions(),  # noqa: B008  (frozen)
) -> None:
    """Continue the pre-training of an encoder on unlabelled text, as a masked language model.

    The result is a pretrained folder like the one that it was made of, for --pretrained of train and crossval.
    Perplexity is that of masked tokens in documents that were held out; it is measured before, too.

    Killed at any moment, the same command goes on from the last report, with the same result.

    e.g.  bert4ner pretrain examples/data/leaflets-unlabelled.txt --pretrained pretrained/tcm-mini --output runs/read
    """
    from bert4ner.pretraining.texts import find_files

    find_files(texts)
    from bert4ner.cli.printing import print_table, tell, told  # deferred: mistakes above are told without TensorFlow
    from bert4ner.pretraining.pretrain import pretrain as continue_pretraining

    lines = continue_pretraining(texts, options, output=output)
    if not told():
        return
    names = [
        name for name in ("update", "epoch", "loss", "perplexity", "accuracy", "tokens_per_second") if name in lines[-1]
    ]
    rows = [[f"{line[name]:.5g}" if name in line else None for name in names] for line in lines]
    print_table("Guesses of masked tokens in held-out documents", [name.replace("_", " ") for name in names], [rows])
    tell(f"encoder: {output}")
    tell(f"next:    bert4ner train DATA --pretrained {shlex.quote(str(output))} --output RUN")
