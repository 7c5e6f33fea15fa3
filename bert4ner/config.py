"""The configuration of a training: frozen groups of options, validated when created, saved beside the weights.

Field names are option names on the command line (except `encoder`, which is ``--neck`` there). Each name occurs in one
group only, so `Config.replace` and a TOML file can name an option without its group. Defaults, ranges and help texts
are in the groups: `network_options` has those of the network, `training_options` those of training, and no other
module repeats them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bert4ner.migrations import CONFIG_MIGRATIONS
from bert4ner.network_options import ModelConfig, SpanConfig, WindowConfig, WordsConfig
from bert4ner.options import Migration, Options
from bert4ner.other_names import ALIASES
from bert4ner.training_options import (
    LossConfig,
    OptimizationConfig,
    PseudoConfig,
    RatesConfig,
    RegularizationConfig,
    RunConfig,
    SamplingConfig,
    StepConfig,
)

__all__ = ["Config", "ModelConfig", "RegularizationConfig", "SamplingConfig", "SpanConfig", "WindowConfig"]


def _longest_overlap(max_length: int) -> int:
    return (max_length - 2) // 2


def _overlap_fits(config: "Config") -> str | None:
    windows = config.windows
    most = _longest_overlap(windows.max_length)
    if windows.overlap <= most:
        return None
    return f"overlap must be in [0, {most}], half of a window of max_length={windows.max_length}, got {windows.overlap}"


def _a_window_fits_a_batch(config: "Config") -> str | None:
    tokens, window = config.optimization.batch_tokens, config.windows.max_length
    if window <= tokens:
        return None
    if tokens == OptimizationConfig.batch_tokens:  # which is not what was given
        return f"max_length must be at most {tokens}, the tokens of a batch (batch_tokens), got {window}"
    return f"batch_tokens must be at least {window}, a window of max_length, got {tokens}"


def _elements_pair(config: "Config") -> str | None:
    size = config.spans.head_size
    return f"head_size must be even, its elements are turned in pairs, got {size}" if size % 2 else None


def _labels_weigh_something(config: "Config") -> str | None:
    weightless = [label for label, weight in config.losses.label_weights.items() if weight <= 0]
    return f"label_weights must be above 0, got that of {weightless[0]!r}" if weightless else None


def _samples_differ(config: "Config") -> str | None:
    number, dropout = config.regularization.dropout_samples, config.regularization.head_dropout
    mistake = f"dropout_samples={number} draws the same every time where head_dropout is 0; leave one of them out"
    return mistake if number > 1 and not dropout else None


def _seeds_are_in_range(config: "Config") -> str | None:
    last, most = config.run.all_seeds[-1], 2**31 - 1
    return None if last <= most else f"seed + seeds - 1 must be at most {most}, got {last}"


def _with_an_overlap_that_fits(windows: WindowConfig, options: dict[str, Any]) -> dict[str, Any]:
    """The options, with a shorter overlap if the user set none and the default is too long for `max_length`."""
    length = options.get("max_length")
    by_default = not options.keys() & {"overlap", "windows"} and windows.overlap == WindowConfig.overlap
    if by_default and isinstance(length, int) and windows.overlap > _longest_overlap(length):
        return {**options, "overlap": length // 4}
    return options


@dataclass(frozen=True, init=False)
class Config(Options):
    """Everything that decides the result of a training, apart from its data.

    Name options directly, without their group; whole groups are accepted, too.

    Args:
        **options: any option of any group by its name; the others keep their defaults.

    Example:
        >>> from bert4ner import Config
        >>> config = Config(epochs=3, scheme="bioes")
        >>> config.epochs, config.replace(epochs=5).optimization.epochs
        (3, 5)

    Raises:
        ConfigError: a value is out of range or has the wrong type, or an option is unknown.
    """

    windows: WindowConfig = field(default_factory=WindowConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    spans: SpanConfig = field(default_factory=SpanConfig)
    words: WordsConfig = field(default_factory=WordsConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    optimization: OptimizationConfig = field(default_factory=OptimizationConfig)
    rates: RatesConfig = field(default_factory=RatesConfig)
    step: StepConfig = field(default_factory=StepConfig)
    regularization: RegularizationConfig = field(default_factory=RegularizationConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    pseudo: PseudoConfig = field(default_factory=PseudoConfig)
    run: RunConfig = field(default_factory=RunConfig)

    relations = (
        _overlap_fits,
        _a_window_fits_a_batch,
        _elements_pair,
        _labels_weigh_something,
        _samples_differ,
        _seeds_are_in_range,
    )
    migrations: ClassVar[tuple[Migration, ...]] = CONFIG_MIGRATIONS
    other_names: ClassVar[Mapping[str, str]] = ALIASES

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # groups and options
        super().__init__(**_with_an_overlap_that_fits(WindowConfig(), options))

    def replace(self, **options: object) -> "Config":
        """As `Options.replace`; a default overlap that is too long for the new windows becomes a quarter of a window.

        `Config(max_length=…)` does the same.

        Example:
            >>> Config().replace(max_length=40).overlap
            10
        """
        return super().replace(**_with_an_overlap_that_fits(self.windows, options))

    def decide(self, values: Mapping[str, object]) -> "Config":
        """As `replace`, but only the options that are `auto`.

        Example:
            >>> Config(nesting="none").decide({"nesting": "any", "lexicon": "train"}).lexicon
            'train'
        """
        options = self.options()
        return self.replace(**{name: value for name, value in values.items() if options[name] == "auto"})
