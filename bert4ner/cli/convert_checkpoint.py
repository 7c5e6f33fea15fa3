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
    keep_tokens: Annotated[
        str | None,
        describe(
            "Leave out all tokens but those of single characters (characters) or of a UTF-8 text; auto is then the "
            "same layout.",
            metavar="characters|TEXTFILE",
        ),
    ] = None,
) -> None:
    """Convert a pretrained checkpoint between TensorFlow's and Hugging Face's layout; the weights stay bit for bit.

    e.g.  bert4ner convert-checkpoint tcm-mini tcm-mini-hf --to hf
    """
    from bert4ner.backend.onednn import without_onednn
    from bert4ner.cli.printing import print_note

    without_onednn()
    from bert4ner.models.pretrained.convert import convert_checkpoint as convert

    done = convert(input, output, {"hf": "huggingface"}.get(to, to), keep_tokens=keep_tokens)
    print_note(f"{input} ({done.family}, {done.source}) -> {output} ({done.target}): {done.variables} variables")
    if done.kept is not None:
        kept, changed = done.kept, ""
        if kept.lines_changed:
            changed = f"; {kept.lines_changed} lines are cut into other word pieces"
        print_note(
            f"{kept.tokens} of {kept.rows} tokens kept; of the characters of {kept.text} it lacks {kept.lacking:.2%}, "
            f"the whole lacked {kept.lacking_before:.2%}{changed}"
        )
    if done.left_out:
        print_note(f"left out, of no known part of {done.family}: {', '.join(done.left_out)}")
