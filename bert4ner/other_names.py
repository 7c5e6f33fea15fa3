"""Names of options and commands in other tools: aliases for ours, and advice where there is none."""

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
    "--encoder": "--neck",
    "--objective": "--aim",
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
"""Aliases; each works where a command has the option and no option of the alias' own name."""
_TOKENS = "batches are counted in tokens, padding too: --batch-tokens 8192 holds 32 windows of 256"
_DEVICE = "a GPU is used if there is one; CUDA_VISIBLE_DEVICES=1 chooses the second, CUDA_VISIBLE_DEVICES=-1 none"
ADVICE = {
    **dict.fromkeys(("--batch-size", "--bs", "--train-batch-size", "--per-device-train-batch-size"), _TOKENS),
    **dict.fromkeys(("--gpu", "--gpus", "--gpu-id", "--gpu-ids", "--device", "--cuda", "--cpu", "--use-gpu"), _DEVICE),
    **dict.fromkeys(
        ("--fp16", "--bf16", "--amp"), "--precision float16 or bfloat16; auto chooses what this machine is good at"
    ),
    "--verbose": "everything is shown unless --quiet is given",
    "--optimizer": "the optimizer is AdamW; --modifiers and --weight-decay change it",
}
"""Advice for options that no command has."""

COMMANDS_MEANT = {
    "cv": "crossval",
    "kfold": "crossval",
    "fit": "train",
    "eval": "evaluate",
    "test": "evaluate",
    "infer": "predict",
    "ensemble": "combine",
    "check": "audit",
}
"""The command that a user of other tools means by another word."""


def usual_names(words: Sequence[str], known: Collection[str]) -> Iterator[str]:
    """The words of a command line with aliases replaced; behind ``--`` no word is an option.

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
