"""The configuration of a training: frozen groups of options, checked when they are made, saved beside the weights.

The field names are the command line's option names, each name occurs in one group only, so that `Config.replace` and a
TOML file may name an option without its group. Defaults, ranges and help texts stand here and nowhere else.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bert4ner.migrations import CONFIG_MIGRATIONS
from bert4ner.options import Migration, Options, option
from bert4ner.registry import HEADS, MODIFIERS
from bert4ner.sampling_options import SamplingConfig

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
class SpanConfig:
    """The heads that score spans; those that tag tokens take no notice."""

    head_size: int = option(64, "Width of the vectors that stand for the first and the last token of a span.", low=2)
    nesting: Literal["auto", "any", "labels", "none"] = option(
        "auto",
        "Which entities may overlap: any, those of unlike labels, or none; `auto` is what those of the documents do.",
    )
    label_smoothing: float = option(
        0.0, "Share of the target that the head `span` spreads over all classes.", low=0, high=0.9
    )
    focal: float = option(
        0.0,
        "Exponent of the focal loss of the head `span`, which gives easy tokens less weight; 0 is cross entropy.",
        low=0,
        high=10,
    )
    label_descriptions: str = option(
        "",
        "File with what the head `mrc` asks for each label, TOML or `label<TAB>description`; without, it asks by name.",
        metavar="FILE",
    )
    joint_layers: int | Auto = option(
        "auto",
        "Last layers of the encoder that read a text again for each query of `mrc`; `auto`: a quarter of them; 0: all.",
        low=0,
    )


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
    seeds: int = option(1, "Number of models, each with the next seed; documents are divided as for the first.", low=1)

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """Those of the models."""
        return tuple(range(self.seed, self.seed + self.seeds))


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


def _seeds_are_in_range(config: "Config") -> str | None:
    last, most = config.run.all_seeds[-1], 2**31 - 1
    return None if last <= most else f"seed + seeds - 1 must be at most {most}, got {last}"


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
    optimization: OptimizationConfig = field(default_factory=OptimizationConfig)
    rates: RatesConfig = field(default_factory=RatesConfig)
    step: StepConfig = field(default_factory=StepConfig)
    regularization: RegularizationConfig = field(default_factory=RegularizationConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    run: RunConfig = field(default_factory=RunConfig)

    relations = (_overlap_fits, _a_window_fits_a_batch, _elements_pair, _seeds_are_in_range)
    migrations: ClassVar[tuple[Migration, ...]] = CONFIG_MIGRATIONS
