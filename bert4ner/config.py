"""The configuration of a training: frozen groups of options, checked when they are made, saved beside the weights.

The field names are the command line's option names, each name occurs in one group only, so that `Config.replace` and a
TOML file may name an option without its group. Defaults and help texts stand here and nowhere else.
"""

import dataclasses
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from bert4ner.errors import ConfigError, nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Auto = Literal["auto"]


@dataclass(frozen=True)
class WindowConfig:
    """How a document becomes pieces that fit the encoder."""

    max_length: int = 256
    """Tokens in one window, [CLS] and [SEP] counted."""
    overlap: int = 32
    """Tokens that neighbouring windows share."""
    truncate: Literal["none", "head", "tail", "head_tail"] = "none"
    """Keep one piece of a long document only: its head, its tail, or half of each; `none` cuts windows."""
    tokens: Literal["characters", "wordpiece"] = "characters"
    """One token per character, so that digits and Latin words hide no boundary; or WordPiece."""


@dataclass(frozen=True)
class ModelConfig:
    """The network: a pretrained encoder, what is taken from it, what stands on it."""

    pretrained: str = ""
    """Folder with configuration, vocabulary and weights (TensorFlow or Hugging Face), or a name on the latter's hub."""
    head: Literal[
        "crf", "softmax", "global_pointer", "efficient_global_pointer", "biaffine", "span", "w2ner", "mrc"
    ] = "crf"
    """What turns token vectors into entities: `crf` and `softmax` tag tokens, the others score spans; `mrc` is slow."""
    scheme: Literal["bio", "bios", "bioes"] = "bios"
    """Tagging scheme of the heads that tag tokens."""
    encoder: Literal["none", "bilstm", "cnn", "idcnn"] = "none"
    """Network between the pretrained encoder and the head."""
    fusion: Literal["last", "mean", "weighted", "concat"] = "last"
    """How the last layers of the pretrained encoder become one: the last alone, mean, learned weights, side by side."""
    fusion_layers: int = 4
    """How many last layers are fused."""
    tap: Literal["feed_forward", "attention"] = "feed_forward"
    """Where in each block its vectors are taken: after the feed-forward norm or after the attention norm."""

    @property
    def fused(self) -> int:
        """How many layers of the encoder what follows it is built on."""
        return 1 if self.fusion == "last" else self.fusion_layers


@dataclass(frozen=True)
class SpanConfig:
    """The heads that score spans; those that tag tokens take no notice."""

    head_size: int = 64
    """Width of the vectors that stand for the first and the last token of a span."""
    nesting: Literal["auto", "any", "labels", "none"] = "auto"
    """Which entities may overlap: any, those of unlike labels, or none; `auto` is what those of the documents do."""
    label_smoothing: float = 0.0
    """Share of the target that the head `span` spreads over all classes."""
    focal: float = 0.0
    """Exponent of the focal loss of the head `span`, which gives easy tokens less weight; 0 is cross entropy."""
    label_descriptions: str = ""
    """File with what the head `mrc` asks for each label, TOML or `label<TAB>description`; without, it asks by name."""
    joint_layers: int | Auto = "auto"
    """Last layers of the encoder that read a text again for each query of `mrc`; `auto`: a quarter of them; 0: all."""


@dataclass(frozen=True)
class OptimizationConfig:
    """How the weights are moved."""

    epochs: int = 10
    """Passes over the training documents, at most."""
    batch_tokens: int = 4096
    """Tokens in one batch, padding counted."""
    learning_rate: float | Auto = "auto"
    """Peak rate of the pretrained encoder; `auto` suits its size: 1e-3 for a mini, 2e-5 for a base."""
    head_learning_rate: float | Auto = "auto"
    """Peak rate of what is on top of the pretrained encoder; `auto`: 1e-2 on a mini, 2e-3 on a base, less for `mrc`."""
    warmup: float = 0.1
    """Share of all steps in which the rates rise from 0; then they fall linearly to 0."""
    weight_decay: float = 0.01
    """AdamW's decoupled decay; biases, norms and CRF transitions are spared."""
    clip_norm: float = 1.0
    """Largest global norm of one step's gradient; 0 leaves gradients alone."""


@dataclass(frozen=True)
class StepConfig:
    """What is done around the gradient of every batch."""

    modifiers: str = ""
    """Modifiers of the training step, e.g. `ema` or `ema:decay=0.9`; several with commas, the outermost first."""


@dataclass(frozen=True)
class RegularizationConfig:
    """What keeps the network from learning the training documents by heart."""

    head_dropout: float = 0.3
    """Share of features dropped before the head."""
    encoder_dropout: float | Auto = "auto"
    """Dropout inside the pretrained encoder; `auto` takes what its configuration says, or 0.3 where that says 0."""


@dataclass(frozen=True)
class RunConfig:
    """How a training runs and when it ends."""

    seed: int = 42
    """Everything random follows from it."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Arithmetic of the encoder; heads, losses and weights stay float32. `auto`: bfloat16 where the machine has it."""
    patience: int = 0
    """Stop after this many epochs without a better F1; 0 trains all epochs."""
    valid_share: float = 0.1
    """Share of documents that `train` holds out where no validation data is given."""


def _bound(name: str, value: float, *, low: float, high: float = math.inf, open_low: bool = False) -> None:
    if isinstance(value, str):  # "auto"
        return
    if not (low < value if open_low else low <= value) or not value <= high or math.isnan(value):
        bracket = "(" if open_low else "["
        raise ConfigError(f"{name} must be in {bracket}{low}, {high}], got {value}")


@dataclass(frozen=True)
class Config:
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
    step: StepConfig = field(default_factory=StepConfig)
    regularization: RegularizationConfig = field(default_factory=RegularizationConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        for group in dataclasses.fields(self):
            part = getattr(self, group.name)
            for name, kind in get_type_hints(type(part)).items():
                _check_kind(name, getattr(part, name), kind)
        self._check_ranges()

    def _check_ranges(self) -> None:
        windows, optimization = self.windows, self.optimization
        _bound("max_length", windows.max_length, low=8, high=100_000)
        if not 0 <= windows.overlap <= (windows.max_length - 2) // 2:
            raise ConfigError(
                f"overlap must be in [0, {(windows.max_length - 2) // 2}], half of a window of "
                f"max_length={windows.max_length}, got {windows.overlap}"
            )
        _bound("fusion_layers", self.model.fusion_layers, low=1)
        _bound("head_size", self.spans.head_size, low=2)
        if self.spans.head_size % 2:
            raise ConfigError(f"head_size must be even, its elements are turned in pairs, got {self.spans.head_size}")
        _bound("label_smoothing", self.spans.label_smoothing, low=0, high=0.9)
        _bound("joint_layers", self.spans.joint_layers, low=0)  # type: ignore[arg-type]
        _bound("focal", self.spans.focal, low=0, high=10)
        _bound("epochs", optimization.epochs, low=1)
        _bound("batch_tokens", optimization.batch_tokens, low=windows.max_length)
        _bound("learning_rate", optimization.learning_rate, low=0, open_low=True)  # type: ignore[arg-type]
        _bound("head_learning_rate", optimization.head_learning_rate, low=0, open_low=True)  # type: ignore[arg-type]
        _bound("warmup", optimization.warmup, low=0, high=1)
        _bound("weight_decay", optimization.weight_decay, low=0)
        _bound("clip_norm", optimization.clip_norm, low=0)
        _bound("head_dropout", self.regularization.head_dropout, low=0, high=0.95)
        _bound("encoder_dropout", self.regularization.encoder_dropout, low=0, high=0.95)  # type: ignore[arg-type]
        _bound("seed", self.run.seed, low=0, high=2**31 - 1)
        _bound("patience", self.run.patience, low=0)
        _bound("valid_share", self.run.valid_share, low=0, high=0.9, open_low=True)

    def replace(self, **options: Any) -> "Config":
        """The same configuration with some options changed, each named without its group."""
        changed: dict[str, dict[str, Any]] = {}
        for name, value in options.items():
            changed.setdefault(_group_of(name), {})[name] = value
        groups = {group: dataclasses.replace(getattr(self, group), **values) for group, values in changed.items()}
        return dataclasses.replace(self, **groups)

    def options(self) -> dict[str, Any]:
        """Every option by its name, groups dissolved."""
        return {name: value for group in dataclasses.asdict(self).values() for name, value in group.items()}

    @classmethod
    def load(cls, path: str | Path) -> "Config":
        """Read a TOML file; options may stand in their group's table or at the top, absent ones keep their default."""
        table = read_toml(path)
        options: dict[str, Any] = {}
        for name, value in table.items():
            options.update(_in_group(name, value, path) if isinstance(value, dict) else {name: value})
        try:
            return cls().replace(**options)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None

    def to_toml(self) -> str:
        """The text that `load` reads back to an equal configuration."""
        lines: list[str] = []
        for group, options in dataclasses.asdict(self).items():
            lines.append(f"[{group}]")
            lines.extend(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in options.items())
            lines.append("")
        return "\n".join(lines)


_GROUPS = {
    name: group.name
    for group in dataclasses.fields(Config)
    for name in get_type_hints(group.default_factory)  # type: ignore[arg-type]
}


def read_toml(path: str | Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _group_of(name: str) -> str:
    if name not in _GROUPS:
        raise ConfigError(f"unknown option {name!r}{nearest(name, _GROUPS)}")
    return _GROUPS[name]


def _in_group(group: str, options: dict[str, Any], path: str | Path) -> dict[str, Any]:
    known = {field.name for field in dataclasses.fields(Config)}
    if group not in known:
        raise ConfigError(f"{path}: unknown table [{group}]{nearest(group, known)}")
    for name in options:
        if _GROUPS.get(name) != group:
            members = [member for member, owner in _GROUPS.items() if owner == group]
            raise ConfigError(f"{path}: unknown option {name!r} in [{group}]{nearest(name, members)}")
    return options


def _check_kind(name: str, value: Any, kind: Any) -> None:
    """Hold a value against its annotation: an exact type, a choice of words, or one of several."""
    kinds = get_args(kind) if get_origin(kind) is not Literal and get_args(kind) else (kind,)
    choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    types = tuple(kind for kind in kinds if get_origin(kind) is not Literal)
    if value in choices if isinstance(value, str) and choices else False:
        return
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if (float in types and number) or any(type(value) is kind for kind in types):
        return
    expected = [repr(choice) for choice in choices] + [f"a value of type {kind.__name__}" for kind in types]
    raise ConfigError(f"{name} must be {' or '.join(expected)}, got {value!r}")
