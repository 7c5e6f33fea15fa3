"""``bert4ner convert-checkpoint``: a pretrained folder from one layout to another."""

from pathlib import Path
from typing import Annotated, Literal

from bert4ner.options import describe


def convert_checkpoint(
    input: Annotated[str, describe("A pretrained folder, or a name on the hub.", metavar="IN")],
    output: Annotated[Path, describe("The folder to write, a new one.", metavar="OUT")],
    *,
    to: Annotated[
        Literal["auto", "hf", "tensorflow"],
        describe("hf: config.json, model.safetensors; tensorflow: bert_config.json, bert_model.ckpt; auto: the other."),
    ] = "auto",
) -> None:
    """Convert a pretrained checkpoint between TensorFlow's and Hugging Face's layout; the weights stay bit for bit.

    e.g.  bert4ner convert-checkpoint pretrained/tcm-mini tcm-mini-hf --to hf
    """
    from bert4ner.cli.printing import tell
    from bert4ner.models.pretrained.convert import convert_checkpoint as convert

    done = convert(input, output, {"hf": "huggingface"}.get(to, to))
    tell(f"{input} ({done.family}, {done.source}) -> {output} ({done.target}): {done.variables} variables")
    if done.left_out:
        tell(f"left out, of no known part of {done.family}: {', '.join(done.left_out)}")
