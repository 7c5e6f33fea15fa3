"""The options of `tune`: what is searched, and how."""

from dataclasses import dataclass
from typing import Literal

from bert4ner.options import Options, option


@dataclass(frozen=True)
class TuningOptions(Options):
    """What is searched, in how many trials, and how each trial is scored.

    Args:
        **options: any of the options by its name.

    Raises:
        ConfigError: a value outside its range.

    Example:
        >>> import bert4ner
        >>> bert4ner.TuningOptions(trials=5, search=("head=crf|w2ner",)).prune
        True
    """

    trials: int = option(20, "Number of trainings in all, the first with the given options.", low=2)
    search: tuple[str, ...] = option(
        (),
        "An option and its values, `head=crf|w2ner` or `learning_rate=1e-5..1e-4`; repeatable. By default the learning "
        "rates, --batch-tokens, and --modifiers with and without ema.",
        metavar="OPTION=VALUES",
    )
    folds: int | None = option(
        None, "Score each trial by a cross-validation with so many folds; by default by one training.", low=2
    )
    prune: bool = option(
        True,
        "Stop a trial that after a quarter of its epochs is behind the median of earlier trials; not with --folds or "
        "--seeds, nor where epochs, schedule, warmup or patience are searched.",
    )
    keep: Literal["best", "all"] = option(
        "best", "Whose models to keep: those of the first and of the best trial, or `all`."
    )
