"""``bert4ner convert-checkpoint``: a pretrained folder from one layout to another."""

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg


def convert_checkpoint(
    input: Annotated[str, Positional, arg(metavar="IN", help="A pretrained folder, or a name on the hub.")],
    output: Annotated[Path, Positional, arg(metavar="OUT", help="The folder to write, a new one.")],
    *,
    to: Annotated[
        Literal["auto", "hf", "tensorflow"],
        arg(help="hf: config.json, model.safetensors; tensorflow: bert_config.json, bert_model.ckpt; auto: the other."),
    ] = "auto",
) -> None:
    """Convert a pretrained checkpoint between TensorFlow's and Hugging Face's layout; the weights stay bit for bit.

    e.g.  bert4ner convert-checkpoint pretrained/tcm-mini tcm-mini-hf --to hf
    """
    from bert4ner.models.pretrained.convert import convert_checkpoint as convert

    done = convert(input, output, {"hf": "huggingface"}.get(to, to))
    print(f"{input} ({done.family}, {done.source}) -> {output} ({done.target}): {done.variables} variables")
    if done.left_out:
        print(f"left out, of no known part of {done.family}: {', '.join(done.left_out)}")
