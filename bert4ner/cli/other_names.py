"""What people type who know other tools: options under other names, and a word where there is no such option."""

from collections.abc import Collection, Iterator, Sequence

ALIASES = {
    "--lr": "--learning-rate",
    "--head-lr": "--head-learning-rate",
    "--num-epochs": "--epochs",
    "--num-train-epochs": "--epochs",
    "--max-len": "--max-length",
    "--maxlen": "--max-length",
    "--max-seq-length": "--max-length",
    "--num-folds": "--folds",
    "--n-folds": "--folds",
    "--bert": "--pretrained",
    "--model": "--pretrained",
    "--model-name-or-path": "--pretrained",
    "--valid-data": "--valid",
    "--dev": "--valid",
    "--out": "--output",
    "--output-dir": "--output",
    "-o": "--output",
    "--force": "--overwrite",
}
"""Other names; each is taken where a command has the option and nothing of the other name itself."""
_TOKENS = "batches are counted in tokens, padding too: --batch-tokens 8192 holds 32 windows of 256"
_DEVICE = "a GPU is used if there is one; CUDA_VISIBLE_DEVICES=1 chooses the second, CUDA_VISIBLE_DEVICES=-1 none"
ADVICE = {
    **dict.fromkeys(("--batch-size", "--bs", "--train-batch-size", "--per-device-train-batch-size"), _TOKENS),
    **dict.fromkeys(("--gpu", "--gpus", "--gpu-id", "--gpu-ids", "--device", "--cuda", "--cpu", "--use-gpu"), _DEVICE),
    **dict.fromkeys(
        ("--fp16", "--bf16", "--amp"), "--precision float16 or bfloat16; auto chooses what this machine is good at"
    ),
    "--verbose": "all is told unless --quiet is given",
    "--optimizer": "it is AdamW, to which --modifiers and --weight-decay belong",
}
"""What to do instead of an option that no command has."""


def usual_names(words: Sequence[str], known: Collection[str]) -> Iterator[str]:
    """The words of a command line, options under their usual names; behind ``--`` nothing is an option.

    Example:
        >>> list(usual_names(["--lr=1e-5", "--", "--lr"], ["--learning-rate"]))
        ['--learning-rate=1e-5', '--', '--lr']
    """
    options = True
    for word in words:
        options = options and word != "--"
        name, has_value, value = word.partition("=")
        usual = ALIASES.get(name.replace("_", "-"))
        taken = options and usual in known and name not in known
        yield f"{usual}{has_value}{value}" if taken else word
