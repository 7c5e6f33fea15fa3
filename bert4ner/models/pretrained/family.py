"""What the library knows of a family of pretrained models: how to recognise it, to build it and to name its weights.

A weight is looked up by the name of bert4keras' layer and its place among that layer's weights; a `Source` says under
which names a file stores it and how the stored arrays become the weight and back.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig

Described = Mapping[str, Any]
"""A configuration as somebody published it, in the words of one tool or another."""
Config = TypeVar("Config", bound=EncoderConfig)
"""A family's own configuration."""
Shapes = Mapping[str, tuple[int, ...]]
"""Names of the variables in a file, and their shapes."""


@dataclass(frozen=True)
class Source:
    """Where a weight is stored.

    Attributes:
        names: the stored arrays that it is made of, as a rule one.
        read: from those arrays, in their order, to the weight.
        write: from the weight to those arrays; None where several weights share one array.
        join: from the weights that share an array, in the order of the sources, to that array.
    """

    names: tuple[str, ...]
    read: Callable[..., np.ndarray] = lambda array: array
    write: Callable[[np.ndarray], tuple[np.ndarray, ...]] | None = lambda array: (array,)
    join: Callable[[list[np.ndarray]], np.ndarray] | None = None


Sources = dict[str, list[Source]]
"""bert4keras' layer name -> the sources of its trainable weights, in the order of `layer.trainable_weights`."""


@dataclass(frozen=True)
class Layout(Generic[Config]):
    """One way of naming and storing a family's weights.

    Attributes:
        name: "tensorflow", "huggingface", or what tells it from the family's other layouts.
        fits: whether a file's variables are named so; the first layout that fits is taken.
        sources: from the family's configuration to the sources of all layers that may exist, heads included.
            Loading takes those of the layers that were built; what belongs to the others is known and not needed.
        unneeded: regular expressions of further names that hold nothing for inference: optimizer slots, tables.
        canonical: from the name in a file to the one that `sources` uses.
    """

    name: str
    fits: Callable[[Shapes], bool]
    sources: Callable[[Config], Sources]
    unneeded: tuple[str, ...] = ()
    canonical: Callable[[str], str] = lambda name: name


@dataclass(frozen=True)
class Family(Generic[Config]):
    """A family of pretrained models.

    Another package adds one by an entry point of the group "bert4ner.families", named as the family is: its families
    are asked before ours whether a folder is theirs, so that they must recognise their own models only, as a rule by
    `model_type`.

    Attributes:
        name: in a saved model's configuration, in `FAMILIES` and in messages.
        title: in the table of the README.
        network: what to build, as `networks.building.build_transformer` takes it: a name there, or for a network of the
            family's own its class or the place of it, "module:Class".
        config: the class of the family's configurations: `EncoderConfig`, or one with options that only it has.
        recognises: from configuration and variables, none if there is no weight file, whether this is the family.
        options: from configuration and variables to the options of `config`. Refuses with CheckpointError what the
            family cannot do.
        layouts: the first that fits is taken.
        huggingface: from a configuration to the config.json of a Hugging Face folder; None if there is no such model.
            Refuses with CheckpointError options that such a model cannot have.
        tokenizer: "wordpiece" or "sentencepiece".
        decoder: generates text; it is no encoder for recognition.
        positions: whether there is a table of positions, which bounds the length of windows.
        apart: whether a block takes what another gave for two inputs side by side: states of it are one tensor.
        shared: whether all layers have one set of weights.
        language_model: whether bert4keras' head of masked language models (``with_mlm``) can stand on the network.
        generator: what `load_transformer` builds, if not `network`.
    """

    name: str
    title: str
    network: str | type[Any]
    config: type[Config]
    recognises: Callable[[Described, Shapes], bool]
    options: Callable[[Described, Shapes], dict[str, Any]]
    layouts: tuple[Layout[Config], ...]
    huggingface: Callable[[Config], dict[str, Any]] | None = None
    tokenizer: str = "wordpiece"
    decoder: bool = False
    positions: bool = True
    apart: bool = True
    shared: bool = False
    language_model: bool = False
    generator: str | type[Any] | None = None

    def configure(self, described: Described, shapes: Shapes, *, where: str) -> Config:
        """The checked configuration of one of the family's models.

        Raises:
            CheckpointError: the family cannot do what is described, or an option is missing or has a value that it
                cannot have; naming `where`.
        """
        try:
            options = self.options(described, shapes)
        except CheckpointError as error:
            raise CheckpointError(f"{where}: {error}") from None
        return self.config.from_dict({"family": self.name, **options}, where=where)

    def layout(self, shapes: Shapes) -> Layout[Config] | None:
        """The layout of a file's variables; None if it is none of this family's."""
        return next((layout for layout in self.layouts if layout.fits(shapes)), None)


TENSORFLOW_UNNEEDED = (
    r"(.*/)?(adam|lamb|adafactor|lars)_[mv][rc]?",  # optimizer slots of the published training code
    r"(.*/)?(Adam|Adam_1|Momentum|ExponentialMovingAverage)",
    r"global_step|beta[12]_power|good_steps|(current_)?loss_scale|signal_early_stopping/.*",
)
"""What training leaves in TensorFlow checkpoints."""


def same(name: str) -> Source:
    """Stored as it is used."""
    return Source((name,))


def transposed(name: str) -> Source:
    """PyTorch stores the matrix of a linear layer as (outputs, inputs)."""
    return Source((name,), np.transpose, lambda array: (array.T,))


def offset(name: str, rows: int) -> Source:
    """A table whose first `rows` rows are not used, as fairseq's positions."""
    return Source((name,), lambda array: array[rows:], None)


def columns(name: str, part: int, parts: int, *, transpose: bool = False) -> Source:
    """One of `parts` equal pieces of the last axis, as in fused projections of query, key and value."""

    def read(array: np.ndarray) -> np.ndarray:
        return np.split(array.T if transpose else array, parts, axis=-1)[part]

    def join(weights: list[np.ndarray]) -> np.ndarray:
        array = np.concatenate(weights, axis=-1)
        return array.T if transpose else array

    return Source((name,), read, None, join)


def has(*names: str) -> Callable[[Shapes], bool]:
    """A test for files that hold one of these variables; "*" stands for anything, at the beginning or end."""
    patterns = [re.compile(re.escape(name).replace(r"\*", ".*")) for name in names]
    return lambda shapes: any(pattern.fullmatch(name) for pattern in patterns for name in shapes)


def width_of(shapes: Shapes, *names: str) -> int | None:
    """The last axis of the first variable of one of these names, patterns as for `has`; None if there is none."""
    return next((shape[-1] for name, shape in shapes.items() if shape and has(*names)({name: shape})), None)


def without_prefix(base: str, parts: tuple[str, ...]) -> Callable[[str], str]:
    """For Hugging Face files: `base` before names that begin with one of `parts`, norms in today's words."""

    def canonical(name: str) -> str:
        name = name.removeprefix("module.")  # left there by data-parallel training
        if name.startswith(parts):
            name = base + name
        if name.endswith((".LayerNorm.gamma", ".LayerNorm.beta")):
            return name.removesuffix("gamma").removesuffix("beta") + ("weight" if name.endswith("gamma") else "bias")
        return name

    return canonical
