"""The configuration of a training: frozen groups of options, checked when they are made, saved beside the weights.

The field names are the command line's option names, each name occurs in one group only, so that `Config.replace` and a
TOML file may name an option without its group. Defaults, ranges and help texts stand here, those that heads take notice
of in `head_options`, and nowhere else.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bert4ner.head_options import LossConfig, SpanConfig
from bert4ner.migrations import CONFIG_MIGRATIONS
from bert4ner.options import Migration, Options, option
from bert4ner.registry import HEADS, MODIFIERS

Auto = Literal["auto"]
SchemeName = Literal["bio", "bios", "bioes"]


@dataclass(frozen=True)
class WindowConfig:
    """How a document becomes pieces that fit the encoder."""

    max_length: int = option(256, "Tokens in one window, [CLS] and [SEP] counted.", low=8, high=100_000)
    overlap: int = option(32, "Tokens that neighbouring windows share.", low=0)
    truncate: Literal["none", "head", "tail", "head_tail"] = option(
        "none", "Keep one piece of a long document only: its head, its tail, or half of each; `none` cuts windows."
    )
    tokens: Literal["characters", "wordpiece"] = option(
        "characters", "One token per character, so that digits and Latin words hide no boundary; or WordPiece."
    )


@dataclass(frozen=True)
class ModelConfig:
    """The network: a pretrained encoder, what is taken from it, what stands on it."""

    pretrained: str = option(
        "",
        "Folder with configuration, vocabulary and weights (TensorFlow or Hugging Face), "
        "or a name on the latter's hub.",
        metavar="DIR",
    )
    head: str = option(
        "crf",
        "What turns token vectors into entities: `crf` and `softmax` tag tokens, the others "
        "score spans; `mrc` is slow.",
        choices=HEADS,
    )
    scheme: SchemeName = option("bios", "Tagging scheme of the heads that tag tokens.")
    encoder: Literal["none", "bilstm", "cnn", "idcnn"] = option(
        "none", "Network between the pretrained encoder and the head."
    )
    fusion: Literal["last", "mean", "weighted", "concat"] = option(
        "last",
        "How the last layers of the pretrained encoder become one: the last alone, mean, learned weights, "
        "side by side.",
    )
    fusion_layers: int = option(4, "How many last layers are fused.", low=1)
    tap: Literal["feed_forward", "attention"] = option(
        "feed_forward",
        "Where in each block its vectors are taken: after the feed-forward norm or after the attention norm.",
    )

    @property
    def fused(self) -> int:
        """How many layers of the encoder what follows it is built on."""
        return 1 if self.fusion == "last" else self.fusion_layers


@dataclass(frozen=True)
class OptimizationConfig:
    """How the weights are moved."""

    epochs: int = option(10, "Passes over the training documents, at most.", low=1)
    batch_tokens: int = option(4096, "Tokens in one batch, padding counted.", low=1)
    learning_rate: float | Auto = option(
        "auto", "Peak rate of the pretrained encoder; `auto` suits its size: 1e-3 for a mini, 2e-5 for a base.", above=0
    )
    head_learning_rate: float | Auto = option(
        "auto",
        "Peak rate of what is on top of the pretrained encoder; `auto`: 1e-2 on a mini, 2e-3 on a base, "
        "less for `mrc`.",
        above=0,
    )
    warmup: float = option(
        0.1, "Share of all steps in which the rates rise from 0; then they follow `schedule`.", low=0, high=1
    )
    weight_decay: float = option(0.01, "AdamW's decoupled decay; biases, norms and CRF transitions are spared.", low=0)
    clip_norm: float = option(1.0, "Largest global norm of one step's gradient; 0 leaves gradients alone.", low=0)


@dataclass(frozen=True)
class RatesConfig:
    """How learning rates differ by step and by layer."""

    schedule: Literal["linear", "cosine", "constant"] = option(
        "linear", "How the rates fall from their peak to 0 after the warm-up; `constant`: they do not."
    )
    layer_decay: float = option(
        1.0,
        "Factor on the rate of each layer of the pretrained encoder for every layer above it; 1: all learn alike.",
        above=0,
        high=1,
    )


@dataclass(frozen=True)
class StepConfig:
    """What is done around the gradient of every batch."""

    modifiers: str = option(
        "",
        "Modifiers of the training step, such as `ema` or `ema:decay=0.9`; several with commas, the outermost first.",
        metavar="NAME,NAME,...",
        known=MODIFIERS,
    )


@dataclass(frozen=True)
class RegularizationConfig:
    """What keeps the network from learning the training documents by heart."""

    head_dropout: float = option(0.3, "Share of features dropped before the head.", low=0, high=0.95)
    encoder_dropout: float | Auto = option(
        "auto",
        "Dropout inside the pretrained encoder; `auto` takes what its configuration says, or 0.3 where that says 0.",
        low=0,
        high=0.95,
    )
    dropout_samples: int = option(
        1, "How often each step draws the dropout before the head; the loss is the mean of all.", low=1, high=64
    )
    head_l1: float = option(0.0, "What the loss has added for the sum of the head's kernels' absolute values.", low=0)
    head_l2: float = option(
        0.0,
        "The same for the sum of their squares; unlike the decoupled `weight_decay` it is part of the gradient.",
        low=0,
    )


@dataclass(frozen=True)
class RunConfig:
    """How a training runs and when it ends."""

    seed: int = option(42, "Everything random follows from it.", low=0, high=2**31 - 1)
    precision: Literal["auto", "float32", "bfloat16", "float16"] = option(
        "auto",
        "Arithmetic of the encoder; heads, losses and weights stay float32. `auto`: bfloat16 where the machine has it.",
    )
    patience: int = option(0, "Stop after this many epochs without a better F1; 0 trains all epochs.", low=0)
    valid_share: float = option(
        0.1, "Share of documents that `train` holds out where no validation data is given.", above=0, high=0.9
    )


def _overlap_fits(config: "Config") -> str | None:
    windows = config.windows
    most = (windows.max_length - 2) // 2
    if windows.overlap <= most:
        return None
    return f"overlap must be in [0, {most}], half of a window of max_length={windows.max_length}, got {windows.overlap}"


def _a_window_fits_a_batch(config: "Config") -> str | None:
    tokens, window = config.optimization.batch_tokens, config.windows.max_length
    return None if window <= tokens else f"batch_tokens must be at least {window}, a window of max_length, got {tokens}"


def _elements_pair(config: "Config") -> str | None:
    size = config.spans.head_size
    return f"head_size must be even, its elements are turned in pairs, got {size}" if size % 2 else None


def _labels_weigh_something(config: "Config") -> str | None:
    weightless = [label for label, weight in config.losses.label_weights.items() if weight <= 0]
    return f"label_weights must be above 0, got that of {weightless[0]!r}" if weightless else None


def _samples_differ(config: "Config") -> str | None:
    number, dropout = config.regularization.dropout_samples, config.regularization.head_dropout
    told = f"dropout_samples={number} draws the same every time where head_dropout is 0; leave one of them out"
    return told if number > 1 and not dropout else None


@dataclass(frozen=True)
class Config(Options):
    """Everything that decides what a training does, apart from its data.

    Example:
        >>> config = Config().replace(epochs=3, scheme="bioes")
        >>> config.optimization.epochs, config.model.scheme
        (3, 'bioes')

    Raises:
        ConfigError: a value outside its range or of the wrong kind, or an unknown option.
    """

    windows: WindowConfig = field(default_factory=WindowConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    spans: SpanConfig = field(default_factory=SpanConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    optimization: OptimizationConfig = field(default_factory=OptimizationConfig)
    rates: RatesConfig = field(default_factory=RatesConfig)
    step: StepConfig = field(default_factory=StepConfig)
    regularization: RegularizationConfig = field(default_factory=RegularizationConfig)
    run: RunConfig = field(default_factory=RunConfig)

    relations = (
        _overlap_fits,
        _a_window_fits_a_batch,
        _elements_pair,
        _labels_weigh_something,
        _samples_differ,
    )
    migrations: ClassVar[tuple[Migration, ...]] = CONFIG_MIGRATIONS
