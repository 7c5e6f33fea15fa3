"""The options of `pretrain`, and the TOML file that may hold them."""

from dataclasses import dataclass, field
from typing import Literal

from bert4ner.network_options import Auto
from bert4ner.options import Options, option


@dataclass(frozen=True)
class ScratchOptions:
    """A new encoder with random weights; its tokens are the characters of the texts."""

    architecture: str = option(
        "",
        "Configuration of a new encoder like bert_config.json, instead of --pretrained; vocab_size is determined.",
        metavar="FILE",
    )
    most_characters: int = option(
        8000, "Maximum number of characters in the vocabulary, the most frequent ones.", low=1
    )
    least_count: int = option(2, "Minimum number of occurrences of a character in the vocabulary.", low=1)


@dataclass(frozen=True)
class DistillationOptions:
    """A small encoder distilled from a large one: it learns masked tokens and the teacher's last layer."""

    teacher: str = option(
        "", "Folder of the large encoder, or a name on the hub, instead of --pretrained.", metavar="DIR"
    )
    layers: int | Auto = option("auto", "Layers of the small encoder; `auto`: half of the teacher's.", low=1)


@dataclass(frozen=True)
class MaskingOptions:
    """Which tokens to mask; drawn anew for every batch."""

    masking: Literal["words", "ngrams", "characters"] = option(
        "words",
        "Unit of masking: words as jieba cuts them, n-grams of 1 to --longest-ngram tokens, or single tokens.",
    )
    mask_share: float = option(
        0.15,
        "Share of tokens to predict; 80 % of them become [MASK], 10 % another token, 10 % stay.",
        above=0,
        high=0.5,
    )
    longest_ngram: int = option(
        3, "Tokens in the longest n-gram; an n-gram is drawn with probability proportional to 1/n.", low=1
    )
    dictionary: str = option(
        "", "File of words that `words` keeps whole: one per line, or in jieba's format.", metavar="FILE"
    )


@dataclass(frozen=True)
class ReadingOptions:
    """How to cut texts into windows."""

    window: int = option(128, "Tokens in one window, [CLS] and [SEP] counted.", low=8, high=100_000)
    tokens: Literal["characters", "wordpiece"] = option("characters", "Tokens of the text, as in `train`.")
    held_out: float = option(
        0.02,
        "Share of documents (or lines of plain text) held out to measure the perplexity; at most 65,536 tokens.",
        low=0,
        high=0.5,
    )


@dataclass(frozen=True)
class LearningOptions:
    """Epochs, batches, rates and decay."""

    epochs: int = option(3, "Passes over the texts.", low=1)
    batch_tokens: int = option(8192, "Tokens in one batch.", low=1)
    learning_rate: float | Auto = option(
        "auto", "Peak rate; `auto` depends on the encoder's size: 1e-3 for a mini, 1e-4 for a base.", above=0
    )
    schedule: Literal["linear", "cosine", "constant"] = option(
        "linear", "How the rate falls from its peak to 0 after the warm-up; `constant` keeps the peak."
    )
    warmup: float = option(0.1, "Share of all updates in which the rate rises from 0.", low=0, high=1)
    weight_decay: float = option(0.01, "AdamW's decoupled decay; biases and norms do not decay.", low=0)
    clip_norm: float = option(1.0, "Largest global norm of an update's gradient; 0 turns clipping off.", low=0)


@dataclass(frozen=True)
class CourseOptions:
    """How a training runs."""

    dropout: float | Auto = option(
        "auto", "Dropout inside the encoder; `auto`: the checkpoint's value, or 0.1 if it has none.", low=0, below=1
    )
    report_every: int | Auto = option(
        "auto",
        "Updates between two measurements of the perplexity, each with a saved state; `auto`: a tenth of all, "
        "at most 1,000.",
        low=1,
    )
    seed: int = option(42, "Determines everything random.", low=0, high=2**31 - 1)
    precision: Literal["auto", "float32", "bfloat16", "float16"] = option(
        "auto", "Arithmetic of the encoder; weights stay float32. `auto`: bfloat16 if the machine supports it."
    )
    recompute: bool = option(
        False, "Recompute activations of the encoder for the gradient: less memory for long windows, more time."
    )


def _a_window_fits_a_batch(options: "PretrainingOptions") -> str | None:
    window, batch_tokens = options.texts.window, options.optimization.batch_tokens
    return None if window <= batch_tokens else f"batch_tokens must be at least {window}, a window, got {batch_tokens}"


def _a_dictionary_is_for_words(options: "PretrainingOptions") -> str | None:
    masks = options.masks
    if not masks.dictionary or masks.masking == "words":
        return None
    return f"a dictionary is for masking=words; with {masks.masking} no words are looked for"


def _runs_are_of_ngrams(options: "PretrainingOptions") -> str | None:
    masks = options.masks
    if masks.longest_ngram == MaskingOptions.longest_ngram or masks.masking == "ngrams":
        return None
    return f"longest_ngram is for masking=ngrams, got masking={masks.masking}"


def _one_encoder_is_trained(options: "PretrainingOptions") -> str | None:
    if sum(map(bool, (options.pretrained, options.scratch.architecture, options.distillation.teacher))) < 2:
        return None
    return (
        "give exactly one of --pretrained (continue an encoder), --architecture (a new one) and --teacher (distil one)"
    )


def _a_student_has_a_teacher(options: "PretrainingOptions") -> str | None:
    if options.distillation.teacher or options.distillation.layers == "auto":
        return None
    return f"layers={options.distillation.layers}, but there is no teacher to distil; add --teacher"


def _a_vocabulary_is_for_a_new_encoder(options: "PretrainingOptions") -> str | None:
    scratch = options.scratch
    if scratch.architecture:
        if options.texts.tokens == "characters":
            return None
        return "with --architecture tokens are characters; leave --tokens out"
    if scratch == ScratchOptions():
        return None
    return "most_characters and least_count are for --architecture, an encoder that has no vocabulary yet"


@dataclass(frozen=True, init=False)
class PretrainingOptions(Options):
    """How to train an encoder on unlabelled text.

    Args:
        **options: any option of any group, by name.

    Raises:
        ConfigError: a value that is not allowed.

    Example:
        >>> import bert4ner
        >>> bert4ner.PretrainingOptions(pretrained="tcm-mini", layout="hf").layout
        'hf'
    """

    pretrained: str = option(
        "",
        "Folder with configuration, vocabulary and weights (TensorFlow or Hugging Face), "
        "or a name on the Hugging Face hub.",
        metavar="DIR",
    )
    layout: Literal["tensorflow", "hf"] = option(
        "tensorflow", "Format of the output: Google's, which bert4keras also reads, or Hugging Face's."
    )
    scratch: ScratchOptions = field(default_factory=ScratchOptions)
    distillation: DistillationOptions = field(default_factory=DistillationOptions)
    masks: MaskingOptions = field(default_factory=MaskingOptions)
    texts: ReadingOptions = field(default_factory=ReadingOptions)
    optimization: LearningOptions = field(default_factory=LearningOptions)
    run: CourseOptions = field(default_factory=CourseOptions)

    relations = (
        _a_window_fits_a_batch,
        _a_dictionary_is_for_words,
        _runs_are_of_ngrams,
        _one_encoder_is_trained,
        _a_vocabulary_is_for_a_new_encoder,
        _a_student_has_a_teacher,
    )
