"""How pseudo-labels are made of what a run finds, and how often: the options of `pseudo_label` and `self_train`."""

from dataclasses import dataclass, field
from typing import Literal

from bert4ner.options import Options, option


def _unsure_is_below_sure(options: "PseudoOptions") -> str | None:
    if options.unsure <= options.sure:
        return None
    return f"unsure must be at most sure={options.sure:g}, got {options.unsure:g}"


@dataclass(frozen=True)
class PseudoOptions(Options):
    """Which of the candidates are labels, and what their documents weigh.

    Raises:
        ConfigError: a value outside its range, or `unsure` above `sure`.
    """

    sure: float = option(0.9, "Least probability of a label.", low=0.5, high=1)
    unsure: float = option(
        0.3, "Least probability of a span that is left open, as it may be an entity or not.", low=0.01, high=1
    )
    least_confidence: float = option(
        0.0, "Leave out documents whose labels have a lower F1 than this, as far as the models know.", low=0, high=1
    )
    weights: Literal["equal", "confidence", "density"] = option(
        "equal",
        "Multiply each document's weight by its confidence, or by how much more frequent its labels are in the run's "
        "own documents than among the new ones.",
    )
    weight: float | None = option(
        None,
        "Weight of the documents; by default 7.5 n / m, at most 1, of n documents that the models were trained on and "
        "m new ones.",
        above=0,
    )

    relations = (_unsure_is_below_sure,)


@dataclass(frozen=True, init=False)
class SelfTrainingOptions(Options):
    """How many rounds there are, and what becomes a label in each.

    Raises:
        ConfigError: a value outside its range, or see `PseudoOptions`.
    """

    folds: int = option(5, "Number of parts; a model is trained without each.", low=2)
    rounds: int = option(3, "Rounds that learn from new documents, at most.", low=1)
    labels: PseudoOptions = field(default_factory=PseudoOptions)
