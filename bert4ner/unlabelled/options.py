"""The options of `pseudo_label` and `self_train`: what becomes a label, document weights, rounds."""

from dataclasses import dataclass, field
from typing import Literal

from bert4ner.options import Options, option


def _unsure_is_below_sure(options: "PseudoOptions") -> str | None:
    if options.unsure <= options.sure:
        return None
    return f"unsure must be at most sure={options.sure:g}, got {options.unsure:g}"


@dataclass(frozen=True)
class PseudoOptions(Options):
    """Which candidates become labels, and the weights of their documents.

    Args:
        **options: any of the options by its name.

    Raises:
        ConfigError: a value outside its range, or `unsure` above `sure`.

    Example:
        >>> import bert4ner
        >>> bert4ner.PseudoOptions(sure=0.95).unsure
        0.2

    References:
        Lee 2013, Pseudo-Label: the simple and efficient semi-supervised learning method for deep neural networks.
    """

    sure: float = option(0.5, "Minimum probability of a label.", low=0.5, high=1)
    unsure: float = option(0.2, "Minimum probability of an unsure span, which the loss ignores.", low=0.01, high=1)
    least_confidence: float = option(0.0, "Leave out documents whose labels have a lower expected F1.", low=0, high=1)
    weights: Literal["equal", "confidence", "density"] = option(
        "equal",
        "Multiply each document's weight by its confidence, or by how much more frequent its labels are in the run's "
        "documents than in the new ones.",
    )
    weight: float | None = option(
        None,
        "Weight of the documents; default: 7.5 n / m, at most 1, for n documents the models learned from and m new.",
        above=0,
    )

    relations = (_unsure_is_below_sure,)


@dataclass(frozen=True, init=False)
class SelfTrainingOptions(Options):
    """The number of rounds, and what becomes a label in each.

    Args:
        **options: any of the options, also of `labels`, by its name.

    Raises:
        ConfigError: a value outside its range, or see `PseudoOptions`.

    Example:
        >>> import bert4ner
        >>> bert4ner.SelfTrainingOptions(rounds=2, labels=bert4ner.PseudoOptions(sure=0.95)).labels.sure
        0.95
    """

    folds: int = option(5, "Number of folds; one model is trained without each.", low=2)
    rounds: int = option(3, "Maximum number of rounds that learn from new documents.", low=1)
    labels: PseudoOptions = field(default_factory=PseudoOptions)
