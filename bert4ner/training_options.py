"""The groups of `Config` that define the training: losses, rates, steps, sampling, and the course of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bert4ner.network_options import Auto
from bert4ner.options import option
from bert4ner.registry import MODIFIERS


@dataclass(frozen=True)
class LossConfig:
    """The loss; a head refuses the options that it does not use."""

    label_smoothing: float = option(
        0.0,
        "Share of the target that is spread over all classes of a token, with the heads `softmax` and `span`, or over "
        "all legal sequences of tags, with `crf`.",
        low=0,
        high=0.9,
    )
    focal: float = option(
        0.0,
        "Exponent of the focal loss of the heads `softmax` and `span`, which gives easy tokens less weight; 0 is cross "
        "entropy.",
        low=0,
        high=10,
    )
    dice: float = option(
        0.0,
        "Weight of the dice loss against cross entropy, with the heads `softmax` and `span`: rare labels count more.",
        low=0,
        high=1,
    )
    label_weights: Mapping[str, float] = option(
        dict, "Factor on a label's part of the loss, with all heads but `crf`; 1 by default."
    )


@dataclass(frozen=True)
class OptimizationConfig:
    """How the weights are updated."""

    epochs: int = option(
        10, "Maximum passes over the training documents; a run with fewer epochs continues from its best.", low=1
    )
    batch_tokens: int = option(4096, "Tokens in one batch, including padding.", low=1)
    learning_rate: float | Auto = option(
        "auto", "Peak rate of the pretrained encoder; `auto` suits its size: 1e-3 for a mini, 2e-5 for a base.", above=0
    )
    head_learning_rate: float | Auto = option(
        "auto",
        "Peak rate of the layers on top of the pretrained encoder; `auto`: 1e-2 on a mini, 2e-3 on a base, "
        "less for `mrc`.",
        above=0,
    )
    warmup: float = option(
        0.1, "Share of all steps in which the rates rise from 0; then they follow --schedule.", low=0, high=1
    )
    weight_decay: float = option(0.01, "AdamW's decoupled decay; not for biases, norms and CRF transitions.", low=0)
    clip_norm: float = option(1.0, "Largest global norm of one step's gradient; 0 does not clip.", low=0)


@dataclass(frozen=True)
class RatesConfig:
    """How learning rates differ by step, by layer and by part of the network."""

    schedule: Literal["linear", "cosine", "constant"] = option(
        "linear", "How the rates fall from their peak to 0 after the warm-up; `constant`: they do not."
    )
    layer_decay: float = option(
        1.0,
        "Factor on the rate of each layer of the pretrained encoder for every layer above it; 1: one rate for all.",
        above=0,
        high=1,
    )
    neck_learning_rate: float | Auto = option(
        "auto", "Peak rate of the neck; `auto`: that of all layers on top of the pretrained encoder.", above=0
    )
    transition_learning_rate: float | Auto = option(
        "auto", "Peak rate of the transitions of `crf`; `auto`: that of all on top of the pretrained encoder.", above=0
    )


@dataclass(frozen=True)
class StepConfig:
    """Changes of the training step around the gradient."""

    modifiers: str = option(
        "",
        "Modifiers of the training step, such as `ema` or `ema:decay=0.9`; several with commas, the outermost first.",
        metavar="NAME,NAME,...",
        known=MODIFIERS,
    )


@dataclass(frozen=True)
class RegularizationConfig:
    """What prevents overfitting to the training documents."""

    head_dropout: float = option(0.3, "Share of features dropped before the head.", low=0, high=0.95)
    encoder_dropout: float | Auto = option(
        "auto",
        "Dropout inside the pretrained encoder; `auto` uses the checkpoint's configuration, or 0.3 if that says 0.",
        low=0,
        high=0.95,
    )
    dropout_samples: int = option(
        1, "Number of dropout draws before the head in each step; the loss is their mean.", low=1, high=64
    )
    head_l1: float = option(0.0, "Factor of the L1 penalty on the head's kernels (sum of absolute values).", low=0)
    head_l2: float = option(
        0.0,
        "Factor of the L2 penalty on the head's kernels; part of the gradient, not decoupled as --weight-decay is.",
        low=0,
    )
    reinitialise_layers: int = option(
        0, "Last layers of the pretrained encoder to start from random weights instead of their own.", low=0
    )


@dataclass(frozen=True)
class SamplingConfig:
    """How each model and each of its epochs samples the training documents."""

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
        1.0, "Share of the documents without entities to train on, drawn again for each epoch.", above=0, high=1
    )
    replace_mentions: float = option(
        0.0, "Probability of replacing a mention by another of its label, drawn again for each epoch.", low=0, high=1
    )
    swap_mentions: float = option(
        0.0,
        "Probability that a mention takes part in a random exchange among those of its label in the document.",
        low=0,
        high=1,
    )


@dataclass(frozen=True)
class PseudoConfig:
    """How to learn from pseudo-labelled documents."""

    pseudo_ramp: int = option(
        0,
        "Epochs in which the weights of pseudo-labelled documents rise from nearly 0 to their full value; 0: they "
        "do not.",
        low=0,
    )


@dataclass(frozen=True)
class RunConfig:
    """How a training runs and when it ends."""

    seed: int = option(42, "Determines everything random.", low=0, high=2**31 - 1)
    precision: Literal["auto", "float32", "bfloat16", "float16"] = option(
        "auto",
        "Arithmetic of the encoder; heads, losses and weights stay float32. `auto`: bfloat16 where the machine has it.",
    )
    recompute: bool = option(
        False, "Compute inner values of the encoder again for the gradient: less memory for long windows, more time."
    )
    patience: int = option(0, "Stop after this many epochs without a better F1; 0 trains all epochs.", low=0)
    valid_share: float = option(
        0.1, "Share of documents that `train` holds out if no validation data is given.", above=0, high=0.9
    )
    seeds: int = option(1, "Number of models, each with the next seed; documents are divided as for the first.", low=1)

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of all models."""
        return tuple(range(self.seed, self.seed + self.seeds))
