"""The group of `Config` that says what is drawn from the training documents, and what of them is changed."""

from dataclasses import dataclass

from bert4ner.options import option


@dataclass(frozen=True)
class SamplingConfig:
    """What is drawn from the training documents for a model and for each of its epochs."""

    bootstrap: bool = option(
        False,
        "Draw the training documents of each model with replacement, and score it on those that were not drawn.",
    )
    repeat_rare: float = option(
        0.0,
        "Repeat documents with rare labels: a label in fewer than this share of documents is repeated by the root of "
        "the ratio, e.g. twice at a quarter of the share; 0 repeats nothing.",
        low=0,
        high=1,
    )
    keep_empty: float = option(
        1.0, "Share of the documents without entities to train on, drawn anew for each epoch.", above=0, high=1
    )
    replace_mentions: float = option(
        0.0, "Probability of replacing a mention by another one of its label, drawn anew for each epoch.", low=0, high=1
    )
    swap_mentions: float = option(
        0.0,
        "Probability that a mention takes part in a random exchange among those of its label in the document.",
        low=0,
        high=1,
    )
