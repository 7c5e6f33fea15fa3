"""The group of `Config` that says what is drawn from the training documents, and what of them is changed."""

from dataclasses import dataclass

from bert4ner.options import option


@dataclass(frozen=True)
class SamplingConfig:
    """What is drawn from the training documents for a model and for each of its epochs."""

    bootstrap: bool = option(
        False,
        "Train each model on as many documents as there are, drawn with replacement, and score it on those not drawn.",
    )
    repeat_rare: float = option(
        0.0,
        "Share of documents below which a label is rare: an epoch has those with it more often, with a label of a "
        "quarter of that share twice.",
        low=0,
        high=1,
    )
    keep_empty: float = option(
        1.0, "Share of the documents without entities that an epoch trains on, drawn anew each time.", above=0, high=1
    )
    replace_mentions: float = option(
        0.0, "Probability that a mention becomes another one of its label, drawn anew in each epoch.", low=0, high=1
    )
    swap_mentions: float = option(
        0.0, "Probability that a mention changes places with others of its label in the document.", low=0, high=1
    )
